package hubbub

import (
	"errors"
	"fmt"
	"time"
)

// A Code is the word for one way of being refused: the same in HTTP problems,
// STOMP ERROR frames, notices, close reasons, metrics and the page.
// docs/errors.md is the table for humans; a test holds the two together.
type Code string

// The codes.
const (
	// What was sent is not the protocol.
	CodeMalformedFrame      Code = "malformed_frame"
	CodeFrameTooLarge       Code = "frame_too_large"
	CodeUnsupported         Code = "unsupported"
	CodeUnsupportedVersion  Code = "unsupported_version"
	CodeHeartBeatInvalid    Code = "heart_beat_invalid"
	CodeHeartBeatMissed     Code = "heart_beat_missed"
	CodeConnectTimeout      Code = "connect_timeout"
	CodeNotConnected        Code = "not_connected"
	CodeAlreadyConnected    Code = "already_connected"
	CodeHeaderMissing       Code = "header_missing"
	CodeHeaderInvalid       Code = "header_invalid"
	CodeDestinationUnknown  Code = "destination_unknown"
	CodeSubscriptionExists  Code = "subscription_exists"
	CodeSubscriptionUnknown Code = "subscription_unknown"
	CodePositionInvalid     Code = "position_invalid"

	// What was said is not acceptable.
	CodeBodyInvalid     Code = "body_invalid"
	CodeContentEmpty    Code = "content_empty"
	CodeContentTooLong  Code = "content_too_long"
	CodeContentInvalid  Code = "content_invalid"
	CodeNonceInvalid    Code = "nonce_invalid"
	CodeNameInvalid     Code = "name_invalid"
	CodeNameTaken       Code = "name_taken"
	CodeUsernameInvalid Code = "username_invalid"
	CodeUsernameTaken   Code = "username_taken"
	CodePasswordInvalid Code = "password_invalid"
	CodeCodeInvalid     Code = "code_invalid"
	CodeStreamMismatch  Code = "stream_mismatch"
	CodeStreamNotFound  Code = "stream_not_found"
	CodeStreamEnded     Code = "stream_ended"
	CodeStreamExists    Code = "stream_exists"
	CodeWordBlocked     Code = "word_blocked"
	CodeUserNotFound    Code = "user_not_found"
	CodeMessageNotFound Code = "message_not_found"
	CodeNotFound        Code = "not_found"
	CodeBadRequest      Code = "bad_request"
	CodeTooLarge        Code = "too_large"

	// Who said it may not.
	CodeTokenRequired      Code = "token_required"
	CodeTokenInvalid       Code = "token_invalid"
	CodeTokenExpired       Code = "token_expired"
	CodeScopeMissing       Code = "scope_missing"
	CodeOIDCFailed         Code = "oidc_failed"
	CodeSessionExpired     Code = "session_expired"
	CodeForbidden          Code = "forbidden"
	CodeOriginRefused      Code = "origin_refused"
	CodeGuestsOff          Code = "guests_off"
	CodeSignupOff          Code = "signup_off"
	CodeCredentialsInvalid Code = "credentials_invalid"
	CodeBanned             Code = "banned"
	CodeTimedOut           Code = "timed_out"
	CodeChatOff            Code = "chat_off"
	CodeAccountsOnly       Code = "accounts_only"

	// Too much of it.
	CodeRateLimited          Code = "rate_limited"
	CodeSlowMode             Code = "slow_mode"
	CodeTooManySubscriptions Code = "too_many_subscriptions"
	CodeTooManyConnections   Code = "too_many_connections"
	CodeTooManyTokens        Code = "too_many_tokens"
	CodeSlowConsumer         Code = "slow_consumer"

	// What was missed: of notices, never of refusals.
	CodeSkipped Code = "skipped"
	CodeGap     Code = "gap"

	// Not now.
	CodeUnavailable    Code = "unavailable"
	CodeOutcomeUnknown Code = "outcome_unknown"
	CodeOverloaded     Code = "overloaded"
	CodeStorageFull    Code = "storage_full"
	CodeShutdown       Code = "shutdown"
	CodeInternal       Code = "internal"

	// An engine does not let a process in: of logs and the end of a process alone.
	CodeEnginePassword    Code = "engine_password"
	CodeEngineAuthority   Code = "engine_authority"
	CodeEngineCertificate Code = "engine_certificate"
)

// An Error is a refusal: what a client is told. Message is for humans and says
// what was wrong and how to put it right; it never carries internals, those are
// in Err, for logs alone.
type Error struct {
	Code       Code
	Message    string
	RetryAfter time.Duration // 0: no hint
	Err        error         // the cause, not shown to clients; may be nil
}

// Refuse makes an Error with a formatted message.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error prints code, message and cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Message + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns the *Error in err's chain; any other error becomes
// CodeInternal with a message that shows nothing of it. nil stays nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInternal, Message: "something went wrong on our side", Err: err}
}
