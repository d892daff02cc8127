package streams

import (
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub"
)

// TestTheScriptedStayInTheDemo: whoever has the role demo writes in demo streams
// alone, whatever else they are.
func TestTheScriptedStayInTheDemo(t *testing.T) {
	for _, roles := range [][]string{{hubbub.RoleDemo}, {hubbub.RoleDemo, hubbub.RoleAdmin}, {hubbub.RoleGuest, hubbub.RoleDemo}} {
		who := Actor{User: "demo-01", Roles: roles}
		for _, demo := range []bool{true, false} {
			s := hubbub.Stream{ID: "s", Demo: demo, Status: hubbub.StatusLive, HostID: "demo-01"}
			err := May(who, ActionSend, s)
			if (err == nil) != demo || err != nil && hubbub.AsError(err).Code != hubbub.CodeForbidden {
				t.Errorf("%v in a stream that is a demo: %v: %v", roles, demo, err)
			}
			if !slices.Contains(Roles(who, s), hubbub.RoleDemo) {
				t.Errorf("%v do not say what they are", roles)
			}
		}
	}
	s := hubbub.Stream{ID: "s", Demo: true, Status: hubbub.StatusLive}
	if err := May(Actor{User: "u", Roles: []string{hubbub.RoleGuest}}, ActionSend, s); err != nil {
		t.Errorf("people may write in a demo too: %v", err)
	}
	if roles := Roles(Actor{User: "u"}, s); len(roles) > 0 {
		t.Errorf("somebody else is %q in it", roles)
	}
}
