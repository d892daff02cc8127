package session

import (
	"strconv"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// closeNormal is the number of a close that the client asked for.
const closeNormal = 1000

// closeNumbers are the numbers of close frames: below 4500 the client is to
// connect again, from there on the same would happen again.
var closeNumbers = map[hubbub.Code]int{
	hubbub.CodeShutdown:           4000,
	hubbub.CodeUnavailable:        4001,
	hubbub.CodeOverloaded:         4002,
	hubbub.CodeStorageFull:        4003,
	hubbub.CodeOutcomeUnknown:     4004,
	hubbub.CodeInternal:           4005,
	hubbub.CodeHeartBeatMissed:    4010,
	hubbub.CodeConnectTimeout:     4011,
	hubbub.CodeSlowConsumer:       4012,
	hubbub.CodeSessionExpired:     4020,
	hubbub.CodeTokenExpired:       4021,
	hubbub.CodeRateLimited:        4030,
	hubbub.CodeSlowMode:           4031,
	hubbub.CodeTimedOut:           4032,
	hubbub.CodeTooManyConnections: 4033,

	hubbub.CodeMalformedFrame:       4500,
	hubbub.CodeFrameTooLarge:        4501,
	hubbub.CodeUnsupported:          4502,
	hubbub.CodeUnsupportedVersion:   4503,
	hubbub.CodeHeartBeatInvalid:     4504,
	hubbub.CodeNotConnected:         4505,
	hubbub.CodeAlreadyConnected:     4506,
	hubbub.CodeHeaderMissing:        4507,
	hubbub.CodeHeaderInvalid:        4508,
	hubbub.CodeDestinationUnknown:   4509,
	hubbub.CodeSubscriptionExists:   4510,
	hubbub.CodeSubscriptionUnknown:  4511,
	hubbub.CodePositionInvalid:      4512,
	hubbub.CodeTooManySubscriptions: 4513,
	hubbub.CodeBodyInvalid:          4520,
	hubbub.CodeContentEmpty:         4521,
	hubbub.CodeContentTooLong:       4522,
	hubbub.CodeContentInvalid:       4523,
	hubbub.CodeNonceInvalid:         4524,
	hubbub.CodeNameInvalid:          4525,
	hubbub.CodeStreamMismatch:       4526,
	hubbub.CodeStreamNotFound:       4527,
	hubbub.CodeStreamEnded:          4528,
	hubbub.CodeStreamExists:         4529,
	hubbub.CodeNotFound:             4530,
	hubbub.CodeBadRequest:           4531,
	hubbub.CodeTooLarge:             4532,
	hubbub.CodeWordBlocked:          4533,
	hubbub.CodeUserNotFound:         4534,
	hubbub.CodeMessageNotFound:      4535,
	hubbub.CodeTokenRequired:        4540,
	hubbub.CodeTokenInvalid:         4541,
	hubbub.CodeForbidden:            4542,
	hubbub.CodeOriginRefused:        4543,
	hubbub.CodeGuestsOff:            4544,
	hubbub.CodeBanned:               4545,
	hubbub.CodeChatOff:              4546,
	hubbub.CodeAccountsOnly:         4547,
	hubbub.CodeScopeMissing:         4548,
}

// closeNumber returns the number for a code; of one that is not listed, the
// client is to connect again.
func closeNumber(code hubbub.Code) int {
	if n, ok := closeNumbers[code]; ok {
		return n
	}
	return closeNumbers[hubbub.CodeInternal]
}

// errorFrame makes an ERROR.
func (s *Session) errorFrame(why *hubbub.Error, receipt string) []byte {
	headers := []string{
		"message", why.Message,
		"code", string(why.Code),
		"content-type", "text/plain;charset=utf-8",
	}
	if receipt != "" {
		headers = append(headers, "receipt-id", receipt)
	}
	if why.RetryAfter > 0 {
		headers = append(headers, "retry-after-ms", strconv.FormatInt(why.RetryAfter.Milliseconds(), 10))
	}
	if why.Code == hubbub.CodeUnsupportedVersion {
		headers = append(headers, "version", stomp.Versions)
	}
	return stomp.AppendFrame(nil, s.protocol(), stomp.Error, []byte(why.Message), headers...)
}
