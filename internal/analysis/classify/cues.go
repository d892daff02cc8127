package classify

import (
	"strings"

	"github.com/hubbub-live/hubbub"
)

// A cueSet is a set of moods, a bit each, and negation, the last bit.
type cueSet uint8

// cueWords are what people say when they mean something, written as normalise
// leaves it; _ is the edge of a word. They are features of the model, which
// decides what they weigh.
var cueWords = [hubbub.Moods + 1]string{
	hubbub.Praise: `
		최고|좋아|좋네|좋다|좋은|좋고|잘한|잘하|잘해|잘생|멋지|멋져|멋있|예쁘|예뻐|이쁘|이뻐|대박|지린다|지렸|쩐다|쩔|미쳤|감동|소름|전율|레전드|역대급|갓|
		화이팅|파이팅|힘내|응원|가즈아|축하|ㅊㅋ|감사|고맙|고마워|덕분|사랑|귀엽|귀여|수고|존경|믿고|믿었|재밌|재미있|꿀잼|천재|완벽|훌륭|대단|부럽|아름|맛있|캐리|나이스|굿|
		예술|클래스|센스|짱|프로다|기가 막|끝내준|끝내주|곱네|영롱|감성|갬성|포근|힐링|매력|감탄|명품|명강|장난 아니|존잘|존멋|킹|박수|자랑|환상|죽인다|죽이|구독하길|멋|잘 보고|잘 배|잘 듣
		_gg_|_pog|_w_|_ty_|thank|_thx|amazing|awesome|beautiful|gorgeous|stunning|lovely|_love|great|_good_|_goat|_best_|perfect|incredible|insane|unreal|brilliant|genius|
		_nice|_clean|cracked|clutch|_fire_|🔥|❤|👏|💯|👍|😍|slaps|_yum|delicious|congrat|well done|well played|lets go|_legend|flawless|impress|respect|proud|
		talented|superb|inspir|wonderful|wholesome|adorable|_cute|_awesome|_rock_|favorite|favourite|chills|goosebumps|satisfying|elegant|rooting|you got this|
		keep it up|_can do it|happy for|what a play|what a goal|what a catch|what a finish|what a save|nailed|top tier|heavenly|breathtaking|cozi|cozy|_charm|_envy|learned so much|_hype|_win_|_pro_|masterpiece|fantastic|excellent|magnificent|outstanding|so well|_vibes`,
	hubbub.Criticism: `
		못하|못한|못해|못봐|못 봐|노잼|최악|별로|답답|실망|한심|쓰레기|구려|구리|지루|지겹|짜증|노답|개판|망했|망함|망하|어이없|에휴|억지|거짓말|구라|핑계|트롤|뇌절|추하|초심|식상|
		재미없|재미 없|맛없|아깝|꼬라지|던지|던짐|발로|이게 게임|이게 맞|왜 저|왜저|뭐하냐|뭐 하냐|실화냐|엉망|엉터리|성의|바가지|사기|낭비|편파|두서|꽝|재탕|흔들|멀미|끊겨|렉 |잡음|음질|화질|시끄|불친절|
		무시|불편|불쾌|역겹|민망|오글|기분 나|욕 나|눈치|양심|도배|어그로|답이 없|이상함|이상해|이상하|구멍|나쁘|나쁜|안 웃|안웃|우기|기대했는데|갖다 바|못 잡|늘어|느려|느리|허접|졸작|퇴물|거품|병신|ㅂㅅ|ㅅㅂ|시발|꺼져|
		boring|terrible|awful|horrible|_worst|_bad_|_sucks|_suck_|trash|garbage|_cringe|embarrass|_mid_|overrated|_joke_|waste|_liar|lying|unwatchable|_lag|_ads_|_l_|
		painful|_ugly|disgust|pathetic|ridiculous|_dumb|stupid|clueless|no clue|_blind|disaster|excuse|blam|toxic|_fake|scripted|clickbait|disappoint|letdown|sellout|shill|shameful|unreadable|
		_boo|yikes|bruh|snooze|residentsleeper|too slow|too loud|too many|too much|off key|out of tune|makes no sense|tired of|not funny|throwing|_sold_|unfollow|nobody|unprofessional|
		_weak|_mess_|wrong|blunder|sloppy|lopsided|useless|rip off|_scam|clown|zero effort|_poor|biased|annoying|_forced|_sad_|_sick_|expected more|all over the place|for free|_noob|_hate_|_lame|_fail|_dead_game|_worse|_overpriced|_lazy|_washed|confused`,
	hubbub.Laughter: `
		ㅋㅋ|ㅎㅎ|ㅋㅎ|ㅎㅋ|ㅋㅌ|ㅋㅠ|ㅋ큐|앜|엌|큭|푸하|푸핫|하하|크크|킄|깔깔|낄낄|ㅍㅎ|웃겨|웃기|웃김|웃참|웃프|웃음벨|개웃|존웃|현웃|빵터|빵 터|배아파|배꼽|뿜|_ㅋ_|미치겠|
		haha|hehe|_ahah|bahah|bwaha|_lol|_lmao|_lmf|_rofl|_lul|kekw|omegalul|_icant|_xd|xdd|_jaja|_ww_|_heh_|pff|😂|🤣|💀|😭😂|😆|dying|wheez|_my sides|cant breathe|cant stop laughing|laughing|giggl|comedy|
		funniest|im crying|crying of|snorted|im dead|_im screaming|on the floor|_kkk|ㅋㄱㅋ`,
	hubbub.Question: `
		?|뭐예요|뭐에요|뭐야|뭐지|뭔가|뭐죠|무엇|뭐 |무슨|어디|언제|누구|누가|몇 |얼마|어떻|어떤|어느|왜 |혹시|인가요|나요|까요|ㄴ가요|는가요|은가요|던가요|건가요|한가요|된가요|세요?|예요?|궁금|아는 사람|아시는 분|알 수 있|맞나요|되나|하나요|있나요|임?|냐?|니?|할까|일까|는지|뭐임
		_what |_whats|_when |_whens|_where|_who |_whos|_why |_how |_hows|_which|_is it|_is this|_is that|_is there|_is the|_are you|_are there|_are we|_are subs|_do you|_do we|_does |_did |_can you|_can i|_can beginners|_could you|_will |_would you|anyone know|
		anyone else|_any idea|_huh|_any chance|_whose|_wait what|_has he|_has she|_have you|_was that|_was it|_should i|_am i`,
	hubbub.Advice: `
		하세요|보세요|가세요|주세요|드세요|으세요|우세요|쓰세요|챙기세|빼세요|마세요|지 마|지마|말고|조심|해봐|해 봐|봐라|써라|해라|가라|먹어|해야|어야|아야|는 게 나|는 게 좋|는게 좋|면 좋|좋을 것|추천|가자|하자|보자|좀 더|먼저|일단|부터 |다음엔|낮추|올려|내려|줄이|줄여|바꿔|
		확인해|아껴|쉬었다|쉬세요|기다려|기다리세|도망|써봐|해줘|불러줘|틀어|켜|끼고|넣어|잡아|박아|눌러|천천히|빨리 |환기|무리하|스트레칭
		_you should|_you need to|_you could|_should |_try |_use |_dont |_go left|_go right|_turn |_take |_buy |_heal |_watch your|_watch out|_check |_save your|_lower |_raise |_update |_restart |_add |_move |_put |_pin |_ban |_change |_play some|_play the|_slow |
		_draw |_sketch |_stretch |_sit |_sub in|_switch to|_let it|_preheat|_wear |_careful|_tune |_flip |_start with|_read the|_make |_maybe |_id go|_ward |_kill |_consider|_next time|_need to|please|_drink |_eat some|_sleep |_run |_rename|_extract|_commit|_behind you|
		_focus|_reload|_push |_pull |_bring |_reel |_develop |_wedge|_wet |_stop if|_prune|_show |_write |_mind the|_press |_wait |_before you|_get some|_get the|_keep your|_give |_open |_close |_remember to|_make sure|_instead|_avoid |_never |_always |_first_|_set |_place |_jump |_block |_defend|_hide`,
	hubbub.Other: `
		안녕|하이_|ㅎㅇ|ㅂㅇ|반가|출첵|퇴근|출근|배고|졸리|졸려|자러|저는 |제가 |저도 |_나는 |_저 |저희|먹는 중|보는 중|하는 중|가는 중|오늘 비|왔어요|왔습니다|들어옴|다녀옴|다녀왔|지금 지하철|ㅇㅇ|ㄴㄴ|ㅇㅋ|ㄱㄱ|굿모닝|내일 |어제 |주말|이번 주|택배|갑니다|갈게요|올게요|중_|살아요|네_|ㅇㅎ|ㅈㅅ
		_hello|_hi |_hey|_hiya|morning|good night|_brb|_bye|_cya|_im from|_im in|_im at|_im here|_i have|_i had|_i am|_i play|_i main|_i use|_i watch|_i went|_my |_just |_watching from|_back_|_first_|_yes|_yep|_no_|_nope|_ok_|_same|_me too|_got it|_oh_|_hmm|_hungry|sleepy|weekend|_rn_|_they |_it is|_its |_at work|tomorrow|yesterday|_eating|_having|_heading|_waiting for|_on my way|raining|snowing|finished`,
	hubbub.Moods: `_안 |_못|없|아니|않|_not |_dont|_isnt|_wasnt|_cant|_never|_no |_nobody|_without|하나도|전혀`,
}

// cueTree holds every prefix of every cue by its hash, so that a text is
// searched for all of them at once, and most searches end at the first character.
type cueTree map[uint64]cueSet

func newCueTree() cueTree {
	tree := cueTree{}
	for i, list := range cueWords {
		for line := range strings.Lines(list) {
			for cue := range strings.SplitSeq(strings.Trim(line, "\t\n"), "|") {
				tree.plant(strings.ReplaceAll(cue, "_", " "), 1<<i)
			}
		}
	}
	return tree
}

func (t cueTree) plant(cue string, set cueSet) {
	h := uint64(0)
	for _, r := range cue {
		h = mix(h, r)
		t[h] |= 0
	}
	if h != 0 {
		t[h] |= set
	}
}

// at returns the cues that begin at the start of text, and the length of the
// longest that is laughter.
func (t cueTree) at(text []rune) (found cueSet, laughter int) {
	h := uint64(0)
	for i, r := range text {
		h = mix(h, r)
		set, ok := t[h]
		if !ok {
			break
		}
		found |= set
		if set&(1<<hubbub.Laughter) != 0 {
			laughter = i + 1
		}
	}
	return found, laughter
}
