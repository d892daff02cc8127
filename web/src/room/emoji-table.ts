// The emoji of the picker: what people use in a live chat, not all there are.

import { readEmoji, type EmojiSet } from './emoji.ts';

export const emojiSets: readonly EmojiSet[] = [
  {
    group: 'smileys',
    list: readEmoji(`
😀 웃음,미소,활짝|grin,smile,happy
😃 신남,웃음|smile,happy,joy
😄 기쁨,웃는 눈|laugh,happy,smiling eyes
😁 헤헤,이빨|beaming,teeth,grin
😆 빵터짐,ㅋㅋ,웃김|laughing,lol,haha
😅 식은땀,다행,머쓱|sweat,phew,nervous
🤣 데굴데굴,ㅋㅋㅋ,폭소|rofl,rolling,lmao
😂 눈물,ㅋㅋㅋㅋ,웃음눈물|joy,tears,lol
🙂 살짝미소|slight smile,ok
🙃 거꾸로,반어|upside down,irony
😉 윙크|wink
😊 수줍,흐뭇|blush,shy,smile
😇 천사,착함|angel,innocent,halo
🥰 사랑,하트뿅|love,adore,hearts
😍 하트눈,반함|heart eyes,love
🤩 별눈,대박|star struck,wow,amazing
😘 뽀뽀,키스|kiss,blow
😗 쪽|kissing
😋 맛있다,냠냠|yum,delicious
😛 메롱|tongue
😜 윙크메롱,장난|zany,wink tongue,joke
🤪 엉뚱,정신없음|crazy,goofy
🤑 돈|money,rich
🤗 안아줘,포옹|hug
🤭 어머,킥킥|giggle,oops
🤫 쉿,조용|shush,quiet
🤔 생각,고민,흠|think,hmm
🫡 경례,충성|salute,yes sir
🤐 입닫음,비밀|zipper,secret
🤨 의심,글쎄|raised eyebrow,suspicious
😐 무표정,노잼|neutral,meh
😑 무표정,할말없음|expressionless,blank
😶 말없음|no mouth,silent
😏 의미심장,후후|smirk
😒 심드렁,싫음|unamused,bored
🙄 눈굴림,어휴|eye roll,whatever
😬 긴장,이악물|grimace,awkward
😌 안심,평온|relieved,calm
😔 시무룩|sad,pensive
😪 졸림|sleepy
🤤 침,군침|drool,want
😴 잠,쿨쿨|sleep,zzz
😷 마스크,감기|mask,sick
🤒 아픔,열|fever,ill
🤕 다침|hurt,bandage
🤢 역겨움,우웩|nauseated,gross
🤮 토|vomit,sick
🥵 더움,뜨거움|hot,heat
🥶 추움|cold,freezing
🥴 어질|woozy,drunk
😵 기절,어지러움|dizzy,dead
🤯 충격,머리폭발|mind blown,shock
🤠 카우보이|cowboy
🥳 파티,축하|party,celebrate
🥸 변장|disguise
😎 멋짐,선글라스|cool,sunglasses
🤓 공부,너드|nerd,glasses
🧐 관찰,돋보기|monocle,inspect
😕 갸웃,애매|confused
😟 걱정|worried
🙁 슬픔|frown,sad
😮 놀람,오|open mouth,surprise
😲 깜짝|astonished,shock
🥺 제발,애원|pleading,please,puppy
😦 당황|anguished
😨 겁|fearful,scared
😰 불안,식은땀|anxious,sweat
😥 휴,안타까움|sad,relieved
😢 눈물,슬픔|cry,tear
😭 엉엉,ㅠㅠ,통곡|sob,crying
😱 비명,무서움|scream,fear
😖 괴로움|confounded
😣 힘듦|persevere,struggle
😞 실망|disappointed
😩 지침|weary,tired
😫 피곤|tired
🥱 하품,지루|yawn,bored
😤 씩씩,콧김|huff,triumph
😡 분노,화남|angry,rage,mad
😠 짜증,화|angry
🤬 욕|swearing,cursing
😈 악마,장난|devil,evil
💀 해골,죽음|skull,dead
💩 똥|poop
🤡 광대|clown
👻 유령|ghost
👽 외계인|alien
🤖 로봇|robot,bot
😺 고양이,웃음|cat,smile
😹 고양이,ㅋㅋ|cat,joy
😻 고양이,하트|cat,love
🙈 못봄,부끄|see no evil,monkey
🙉 못들음|hear no evil,monkey
🙊 말못함|speak no evil,monkey
🫠 녹음,더움|melting
🫢 헉|gasp,oops
🫣 훔쳐봄|peek
🥹 울컥,감동|touched,holding tears`),
  },
  {
    group: 'gestures',
    list: readEmoji(`
👍 최고,좋아요,따봉|thumbs up,like,yes,+1
👎 별로,싫어요|thumbs down,dislike,no,-1
👏 박수,짝짝|clap,applause,bravo
🙌 만세,와|raised hands,hooray
👐 열린손|open hands
🤝 악수|handshake,deal
🙏 부탁,감사,기도|please,thanks,pray
👋 안녕,인사|wave,hello,hi,bye
🤚 손등|raised back
✋ 멈춰,하이파이브|hand,stop,high five
🖖 장수|vulcan
👌 오케이|ok,perfect
🤌 손끝|pinched fingers
🤏 조금|pinch,small
✌️ 브이,평화|victory,peace
🤞 행운,제발|fingers crossed,luck
🤟 사랑해|love you
🤘 록|rock,metal
🤙 전화해|call me,shaka
👈 왼쪽|left,point
👉 오른쪽|right,point
👆 위|up,point
👇 아래|down,point
☝️ 하나,위로|index,one
✊ 주먹|fist
👊 주먹,펀치|punch,fist bump
🤛 왼주먹|left fist
🤜 오른주먹|right fist
💪 힘,근육,화이팅|strong,muscle,fighting
🫶 손하트|heart hands,love
🫰 손가락하트|finger heart
✍️ 글쓰기|writing
🙋 저요,질문|raise hand,question
🙆 오케이,동그라미|ok gesture
🙅 안돼,엑스|no gesture
🤷 몰라,글쎄|shrug,dunno
🤦 이마,한숨|facepalm
🙇 절,죄송|bow,sorry
💃 춤|dance,dancer
🕺 춤|dance,man
🏃 달리기|run
👀 눈,보는중|eyes,look
🧠 뇌,머리|brain,smart
👑 왕관,왕|crown,king,queen`),
  },
  {
    group: 'hearts',
    list: readEmoji(`
❤️ 하트,사랑,빨강|heart,love,red
🧡 주황하트|orange heart
💛 노랑하트|yellow heart
💚 초록하트|green heart
💙 파랑하트|blue heart
💜 보라하트|purple heart
🖤 검정하트|black heart
🤍 하양하트|white heart
🤎 갈색하트|brown heart
🩷 분홍하트|pink heart
💔 상심,이별|broken heart
💕 두하트|two hearts
💞 도는하트|revolving hearts
💓 두근|beating heart
💗 커지는하트|growing heart
💖 반짝하트|sparkling heart
💘 화살하트|cupid,arrow
💝 선물하트|gift heart
💌 편지,고백|love letter
💋 입술|kiss mark
💯 백점,만점|hundred,100,perfect
💢 화남|anger
💥 쾅,폭발|boom,collision
💫 어지럼,별|dizzy,stars
💦 땀,물|sweat,water
💨 휙,바람|dash,fast
💤 쿨쿨|sleep,zzz
💬 말풍선,댓글|speech,comment,chat
💭 생각풍선|thought`),
  },
  {
    group: 'party',
    list: readEmoji(`
🎉 축하,폭죽,빵빠레|tada,party,congratulations
🎊 축하,색종이|confetti
🎂 생일,케이크|birthday,cake
🎁 선물|gift,present
🎈 풍선|balloon
🎆 불꽃놀이|fireworks
🎵 노래,음표|music,note
🎶 음악|music,notes
🎤 마이크,노래|mic,sing,karaoke
🎧 헤드폰|headphones,listen
🎸 기타|guitar
🎹 피아노|piano
🥁 드럼|drum
🎬 영화,촬영|movie,action
🎮 게임,컨트롤러|game,controller
🕹️ 오락실|joystick,arcade
🎯 명중,과녁|bullseye,target
🎲 주사위|dice
🎰 슬롯|slot,jackpot
🏆 우승,트로피|trophy,win,champion
🥇 금메달,일등|gold,first
🥈 은메달|silver,second
🥉 동메달|bronze,third
⚽ 축구|soccer,football
🏀 농구|basketball
⚾ 야구|baseball
🎾 테니스|tennis
🏓 탁구|ping pong
🎳 볼링|bowling
🥊 권투|boxing
🚩 깃발|flag
🏁 결승|finish,race
✨ 반짝|sparkles,shiny
⭐ 별|star
🌟 빛나는별|glowing star
🔥 불,대박,핫|fire,lit,hot
⚡ 번개|lightning,zap
🌈 무지개|rainbow`),
  },
  {
    group: 'nature',
    list: readEmoji(`
🐶 강아지,개|dog,puppy
🐱 고양이|cat,kitty
🐭 쥐|mouse
🐹 햄스터|hamster
🐰 토끼|rabbit,bunny
🦊 여우|fox
🐻 곰|bear
🐼 판다|panda
🐨 코알라|koala
🐯 호랑이|tiger
🦁 사자|lion
🐮 소|cow
🐷 돼지|pig
🐸 개구리|frog
🐵 원숭이|monkey
🐔 닭|chicken
🐧 펭귄|penguin
🐦 새|bird
🐤 병아리|chick
🦄 유니콘|unicorn
🐝 벌|bee
🦋 나비|butterfly
🐢 거북이,느림|turtle,slow
🐍 뱀|snake
🐙 문어|octopus
🐟 물고기|fish
🐬 돌고래|dolphin
🐳 고래|whale
🦈 상어|shark
🐉 용|dragon
🌸 벚꽃|cherry blossom,flower
🌹 장미|rose
🌻 해바라기|sunflower
🍀 행운,네잎클로버|luck,clover
🌲 나무|tree
☀️ 해,맑음|sun,sunny
🌙 달,밤|moon,night
☁️ 구름|cloud
☔ 비,우산|rain,umbrella
❄️ 눈송이,겨울|snow,winter
⛄ 눈사람|snowman
🌊 파도|wave,sea`),
  },
  {
    group: 'food',
    list: readEmoji(`
🍎 사과|apple
🍊 귤|orange,tangerine
🍓 딸기|strawberry
🍇 포도|grapes
🍉 수박|watermelon
🍌 바나나|banana
🍑 복숭아|peach
🥑 아보카도|avocado
🌽 옥수수|corn
🥕 당근|carrot
🍞 빵|bread
🧀 치즈|cheese
🍳 계란,요리|egg,cooking
🍔 햄버거|burger
🍟 감자튀김|fries
🍕 피자|pizza
🌭 핫도그|hotdog
🌮 타코|taco
🍗 치킨|chicken
🍜 라면,국수|ramen,noodles
🍚 밥|rice
🍣 초밥|sushi
🍙 주먹밥|rice ball
🥟 만두|dumpling
🍿 팝콘,구경|popcorn
🍦 아이스크림|ice cream
🍩 도넛|donut
🍪 쿠키|cookie
🍫 초콜릿|chocolate
🍬 사탕|candy
☕ 커피|coffee
🍵 차,녹차|tea
🧋 버블티|bubble tea
🍺 맥주|beer
🍻 건배|cheers,beers
🍷 와인|wine
🥂 건배,샴페인|cheers,champagne
🍶 술,사케|sake`),
  },
  {
    group: 'things',
    list: readEmoji(`
📱 휴대폰|phone,mobile
💻 노트북,컴퓨터|laptop,computer
⌨️ 키보드|keyboard
🖥️ 모니터|monitor,desktop
📷 카메라|camera
🎥 촬영,방송|movie camera,stream
📺 텔레비전|tv
🔊 소리,크게|loud,volume
🔇 음소거|mute
🔔 알림,종|bell,notify
📢 확성기,공지|loudspeaker,announce
💡 아이디어,전구|idea,bulb
🔋 배터리|battery
🔌 플러그|plug
💰 돈,돈주머니|money,bag
💸 지출|money wings,spend
💎 보석,다이아|gem,diamond
🛒 장바구니|cart,shopping
⏰ 알람,시간|alarm,time
⏳ 모래시계,기다림|hourglass,wait
📌 고정,압정|pin
📝 메모|memo,note
📚 책,공부|books,study
🔍 찾기,돋보기|search,magnify
🔑 열쇠|key
🔒 잠금|lock
🔨 망치|hammer
🛠️ 도구|tools
⚙️ 설정,톱니|gear,settings
🧪 실험|experiment,test
💊 약|pill
🚗 자동차|car
🚌 버스|bus
✈️ 비행기,여행|plane,travel
🚀 로켓,출발|rocket,launch
🏠 집|home,house
🛏️ 침대|bed
👕 옷|shirt,clothes
👟 신발|shoe
🎒 가방|bag,backpack`),
  },
  {
    group: 'signs',
    list: readEmoji(`
✅ 완료,체크|check,done,yes
❌ 엑스,아니|cross,no,wrong
⭕ 동그라미,맞음|circle,right
❓ 물음표,질문|question,what
❗ 느낌표|exclamation
‼️ 강조|double exclamation
⁉️ 뭐라고|interrobang
⚠️ 주의,경고|warning
🚫 금지|forbidden,no
🛑 정지|stop
🆗 오케이|ok
🆕 새로운|new
🆒 쿨|cool
🔴 빨강,녹화|red,live,record
🟠 주황|orange
🟡 노랑|yellow
🟢 초록|green
🔵 파랑|blue
🟣 보라|purple
⚫ 검정|black
⚪ 하양|white
➕ 더하기|plus
➖ 빼기|minus
➡️ 오른쪽|right arrow
⬅️ 왼쪽|left arrow
⬆️ 위|up arrow
⬇️ 아래|down arrow
🔁 반복,다시|repeat,again
▶️ 재생|play
⏸️ 일시정지|pause
⏭️ 다음|next
1️⃣ 일,하나|one,1
2️⃣ 이,둘|two,2
3️⃣ 삼,셋|three,3
🇰🇷 한국,태극기|korea,flag
🇺🇸 미국|usa,flag
🇯🇵 일본|japan,flag
🏳️‍🌈 무지개깃발|rainbow flag,pride`),
  },
];
