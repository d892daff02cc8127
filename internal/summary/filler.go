package summary

import "strings"

// filler are stems that say nothing about what is talked about: grammar, verbs
// that go with everything, greetings, laughter, and good and bad by themselves,
// which the moods tell.
var filler = newFiller(`
	the an and or but if of to in on at by for from with as so too than then into onto off over under through while because
	is are was were be been being am im its it this that these those there here thats theres isnt arent wasnt
	you your youre youve yours he him his she shes hes her we us our they them their theyre me my mine myself ive ill id
	do does did done dont doesnt didnt have has had having can cant could will would should wont may might must shall
	not no yes yeah yep nope nah ok okay just like get got gets getting go goes going gone went come came coming let lets
	now out up down all any some very much more most less many lot lots such even only also again already yet ever never always
	what whats who whos how hows why when where which whose about one ones two three first last next other another thing things stuff
	oh ah uh um hmm hm wow omg lol lul lmao rofl haha hahaha hahahaha hehe xd kekw pog poggers gg ggs wp ez ty thx thanks thank please pls plz
	hi hello hey bye welcome back brb morning evening night guys guy chat everyone everybody anyone anybody someone somebody nobody people
	really actually still though tho bit little kinda maybe probably sure right well good great nice best better bad worse worst
	love loved amazing awesome perfect cool beautiful insane incredible so much fun funny boring terrible awful happy
	see saw seen look looks looking looked say says said saying know knows knew think thinks thought want wants wanted need needs needed
	make makes made making take takes took taking try tries trying tried use uses using used give gave keep keeps put tell feel feels felt
	is isn it's be way every everything something anything nothing same way today tonight time times day days year years minute minutes
	after before since until during without around away long
	que de la el los las un una es no por con para mi tu su lo se te me muy pero como mas si ya esta este eso
	der die das und ist ein eine nicht ich du wir ihr sie auf mit fur zu den dem auch noch
	le les des est une pas je vous nous il elle ce cette dans pour sur avec tres mais
	os um uma nao voce isso ele ela muito
	나 너 저 내 제 네 니 우리 저희 이 그 거 것 게 수 때 중 번 개 명 분 시 년 월 일 살 데 줄 말 듯 점 쪽 좀 더 덜 다 또 막 걍 꼭 왜 뭐 뭔 안 못 잘 참 쫌 둘 셋 한 두 세 첫 몇
	하 가 보 오 되 먹 좋 같 많 있 없 알 모르 주 받 들 놀 쓰 사 자 타 죽 될 할 볼 갈 올 줄 온 간 본 된 난 걸 건 겁 해 돼 봐 와 줘 와 아 어 음 응 넵 예 네 옙 엥 헐 앗 악 억 으 우 야 형 님 갓 굿 짱 킹 왕
	이거 그거 저거 이게 그게 저게 이건 그건 저건 이걸 그걸 여기 거기 저기 이런 그런 저런 어떤 어느 무슨 누구 누가 어디 언제 얼마 얼마나 뭐가 뭔가 뭐지 뭐임 뭐야 뭐예 어떻게 어떤거 혹시
	진짜 정말 너무 완전 제일 가장 역시 그냥 아니 근데 그래서 그리고 그래도 그러면 그럼 하지만 이미 아직 벌써 계속 자꾸 다시 먼저 일단 바로 빨리 천천히 잠깐 조금 많이 살짝 엄청 되게 훨씬 거의 아마 원래 갑자기 드디어 항상 매일
	지금 이제 오늘 어제 내일 아까 방금 나중 다음 다음에 이번 저번 지난번 처음 마지막 요즘 하루 시간
	있는 없는 있어 없어 있다 없다 있네 없네 같은 같아 같다 하는 하고 해서 하면 하네 하자 해야 했어 했는데 한다 되는 돼요 되나 된다 보는 보고 보면 보자 가자 간다 온다 왔다 갔다 먹고
	좋아 좋다 좋네 좋은 좋고 최고 대박 미쳤다 미쳤네 미쳤 잘한다 잘하네 잘했 멋지다 멋져 멋있 멋있어 예쁘다 예쁘 예뻐 재밌 재미 재밌다 재미있 감사 감사합 고맙 별로 최악 노잼 꿀잼 귀여워 웃겨 웃긴
	안녕 안녕하 안녕하세 하이 반가워 반갑 어서 어서오 수고 축하 축하합 화이팅 파이팅 가즈아 나이스 제발 부탁
	저도 나도 나는 저는 제가 내가 네가 니가 저만 나만 여러분 사람 모두 다들 아무 누군 본인 자기 그거야 맞아 맞다 맞네 인정 아니다 그렇 그래 그쵸 그치 모르겠 알겠 궁금 생각 느낌 정도 이상 때문 동안 대신 이유 하나 하나도 이따 있음 없음 왔어 왔습
`)

func newFiller(list string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		words[word] = true
	}
	return words
}
