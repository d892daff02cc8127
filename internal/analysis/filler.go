package analysis

// isFiller tells words that are in every talk and say nothing about this one.
func isFiller(word []byte) bool {
	switch string(word) {
	case "the", "an", "and", "or", "but", "if", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "so", "too", "than", "then",
		"is", "are", "was", "were", "be", "been", "am", "im", "its", "it", "this", "that", "these", "those", "there", "here", "thats",
		"you", "your", "youre", "he", "him", "his", "she", "her", "we", "us", "our", "they", "them", "their", "me", "my", "mine",
		"do", "does", "did", "dont", "doesnt", "didnt", "have", "has", "had", "can", "cant", "could", "will", "would", "should", "wont",
		"not", "no", "yes", "yeah", "ok", "just", "like", "get", "got", "go", "now", "out", "up", "all", "any", "some", "very", "much", "more",
		"what", "whats", "who", "how", "why", "when", "where", "which", "about", "one", "oh", "ah",
		"이", "그", "저", "것", "거", "수", "좀", "더", "왜", "뭐", "뭔", "안", "못", "잘", "다", "또", "막", "걍", "그냥", "진짜", "지금", "이제", "오늘",
		"이거", "그거", "저거", "이게", "그게", "여기", "거기", "나는", "나도", "내가", "제가", "너무", "아니", "근데", "그래서", "그리고", "하는", "하고", "해서",
		"있는", "없는", "있어", "없어", "같은", "같아", "네", "넵", "응", "아", "어", "오", "와", "음":
		return true
	}
	return false
}
