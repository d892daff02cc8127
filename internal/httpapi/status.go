package httpapi

import (
	"net/http"

	"github.com/hubbub-live/hubbub"
)

// statuses is the one place where a code gets its HTTP status. Codes that only
// the chat wire uses are in it too: HTTP answers at the same address.
var statuses = map[hubbub.Code]int{
	hubbub.CodeMalformedFrame:      http.StatusBadRequest,
	hubbub.CodeFrameTooLarge:       http.StatusRequestEntityTooLarge,
	hubbub.CodeUnsupported:         http.StatusMethodNotAllowed,
	hubbub.CodeUnsupportedVersion:  http.StatusBadRequest,
	hubbub.CodeHeartBeatInvalid:    http.StatusBadRequest,
	hubbub.CodeHeartBeatMissed:     http.StatusRequestTimeout,
	hubbub.CodeConnectTimeout:      http.StatusRequestTimeout,
	hubbub.CodeNotConnected:        http.StatusConflict,
	hubbub.CodeAlreadyConnected:    http.StatusConflict,
	hubbub.CodeHeaderMissing:       http.StatusBadRequest,
	hubbub.CodeHeaderInvalid:       http.StatusBadRequest,
	hubbub.CodeDestinationUnknown:  http.StatusNotFound,
	hubbub.CodeSubscriptionExists:  http.StatusConflict,
	hubbub.CodeSubscriptionUnknown: http.StatusNotFound,
	hubbub.CodePositionInvalid:     http.StatusBadRequest,

	hubbub.CodeBodyInvalid:     http.StatusBadRequest,
	hubbub.CodeContentEmpty:    http.StatusBadRequest,
	hubbub.CodeContentTooLong:  http.StatusBadRequest,
	hubbub.CodeContentInvalid:  http.StatusBadRequest,
	hubbub.CodeNonceInvalid:    http.StatusBadRequest,
	hubbub.CodeNameInvalid:     http.StatusBadRequest,
	hubbub.CodeNameTaken:       http.StatusConflict,
	hubbub.CodeUsernameInvalid: http.StatusBadRequest,
	hubbub.CodeUsernameTaken:   http.StatusConflict,
	hubbub.CodePasswordInvalid: http.StatusBadRequest,
	hubbub.CodeCodeInvalid:     http.StatusBadRequest,
	hubbub.CodeStreamMismatch:  http.StatusBadRequest,
	hubbub.CodeStreamNotFound:  http.StatusNotFound,
	hubbub.CodeStreamEnded:     http.StatusConflict,
	hubbub.CodeStreamExists:    http.StatusConflict,
	hubbub.CodeWordBlocked:     http.StatusBadRequest,
	hubbub.CodeUserNotFound:    http.StatusNotFound,
	hubbub.CodeMessageNotFound: http.StatusNotFound,
	hubbub.CodeNotFound:        http.StatusNotFound,
	hubbub.CodeBadRequest:      http.StatusBadRequest,
	hubbub.CodeTooLarge:        http.StatusRequestEntityTooLarge,

	hubbub.CodeTokenRequired:      http.StatusUnauthorized,
	hubbub.CodeTokenInvalid:       http.StatusUnauthorized,
	hubbub.CodeTokenExpired:       http.StatusUnauthorized,
	hubbub.CodeScopeMissing:       http.StatusForbidden,
	hubbub.CodeOIDCFailed:         http.StatusUnauthorized,
	hubbub.CodeSessionExpired:     http.StatusUnauthorized,
	hubbub.CodeForbidden:          http.StatusForbidden,
	hubbub.CodeOriginRefused:      http.StatusForbidden,
	hubbub.CodeGuestsOff:          http.StatusForbidden,
	hubbub.CodeSignupOff:          http.StatusForbidden,
	hubbub.CodeCredentialsInvalid: http.StatusUnauthorized,
	hubbub.CodeBanned:             http.StatusForbidden,
	hubbub.CodeTimedOut:           http.StatusForbidden,
	hubbub.CodeChatOff:            http.StatusForbidden,
	hubbub.CodeAccountsOnly:       http.StatusForbidden,

	hubbub.CodeRateLimited:          http.StatusTooManyRequests,
	hubbub.CodeSlowMode:             http.StatusTooManyRequests,
	hubbub.CodeTooManySubscriptions: http.StatusTooManyRequests,
	hubbub.CodeTooManyConnections:   http.StatusTooManyRequests,
	hubbub.CodeTooManyTokens:        http.StatusConflict,
	hubbub.CodeSlowConsumer:         http.StatusTooManyRequests,

	hubbub.CodeUnavailable:    http.StatusServiceUnavailable,
	hubbub.CodeOutcomeUnknown: http.StatusGatewayTimeout,
	hubbub.CodeOverloaded:     http.StatusServiceUnavailable,
	hubbub.CodeStorageFull:    http.StatusInsufficientStorage,
	hubbub.CodeShutdown:       http.StatusServiceUnavailable,
	hubbub.CodeInternal:       http.StatusInternalServerError,
}

// Status returns the HTTP status of a code.
func Status(code hubbub.Code) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError
}
