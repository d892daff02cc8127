package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// leastShare is how much of its fair share of the sessions, and of the deliveries, each
// chat server has to have: with less, what was measured is not the number of chat servers
// that the run is said to be of.
const leastShare = 0.6

// mostSilent is the share of the window that one of several may leave unanswered: a
// machine that is busy answers late now and then, one that is down never.
const mostSilent = 0.1

// A replica is one of the chat servers over the steady window.
type replica struct {
	address              string  // of its metrics
	window               window  // in which it answered
	silent               int     // samples in which it did not
	sessions, deliveries amount  // sessions are the mean; where it did not answer it had none
	cpu                  float64 // s; NaN if it was started anew
}

// An amount is what a replica has of something, and how much of its fair share that is:
// 1 if all have the same. NaN if there is nothing to share.
type amount struct{ value, share float64 }

// chatServers are the processes that say how many sessions they have.
func chatServers(run *raw.Run, w window) (all []replica) {
	for i, p := range w.processes() {
		if !window(run.Samples).only(i).has(connections) {
			continue
		}
		r := replica{address: p.URL, window: w.only(i)}
		r.silent, r.cpu = len(w)-len(r.window), r.window.grown(cpuSeconds)
		r.deliveries.value = r.window.risen(delivered)
		for k := range r.window {
			open, _ := r.window[k].Total(connections)
			r.sessions.value += open / float64(len(w))
		}
		all = append(all, r)
	}
	sessions, deliveries := 0.0, 0.0
	for _, r := range all {
		sessions, deliveries = sessions+r.sessions.value, deliveries+r.deliveries.value
	}
	for i := range all {
		all[i].sessions.share = all[i].sessions.value * float64(len(all)) / sessions
		all[i].deliveries.share = all[i].deliveries.value * float64(len(all)) / deliveries
	}
	return all
}

// least is the smallest share that one of them has of anything.
func least(all []replica) float64 {
	least := math.Inf(1)
	for _, r := range all {
		for _, a := range []amount{r.sessions, r.deliveries} {
			if a.share < least { // and not NaN
				least = a.share
			}
		}
	}
	return least
}

// replicas: were all chat servers there, and did they have their share?
func (j *verdict) replicas(w window) {
	processes := w.processes()
	for i, p := range processes {
		if len(processes) > 1 && len(window(j.run.Samples).only(i)) == 0 {
			j.reasons = append(j.reasons, p.URL+" never answered: whether it is a chat server that was down cannot be told")
		}
	}
	all := chatServers(j.run, w)
	for _, r := range all {
		var what []string
		if r.sessions.share < leastShare {
			what = append(what, fmt.Sprintf("had %s %% of its fair share of the sessions", number(100*r.sessions.share)))
		}
		if r.deliveries.share < leastShare {
			what = append(what, fmt.Sprintf("had %s %% of its fair share of the deliveries", number(100*r.deliveries.share)))
		}
		if len(what) > 0 {
			what[len(what)-1] += fmt.Sprintf(" (it takes %.0f %%)", 100*leastShare)
		}
		if len(all) > 1 && float64(r.silent) > mostSilent*float64(len(w)) {
			what = append(what, fmt.Sprintf("did not answer %d of %d times", r.silent, len(w)))
		}
		if len(what) > 0 {
			j.reasons = append(j.reasons, fmt.Sprintf("the chat server of %s, one of %d, %s", r.address, len(all), strings.Join(what, ", ")))
		}
	}
}

// replicas is the table of them; ok is false of fewer than two.
func (r *Report) replicas() (s section, ok bool) {
	w := steady(r.run)
	s = section{
		Title: "Chat servers",
		Note: fmt.Sprintf("Over the steady window: sessions are the mean, deliveries are what each counted itself. One with less than %.0f %% of its fair share, "+
			"which is as much as every other has, makes the run invalid, and so does one that left over %.0f %% of the looks at it unanswered.", 100*leastShare, 100*mostSilent),
		Head: []string{"Chat server", "Sessions", "of its fair share", "Deliveries", "of its fair share", "CPU s", "CPU s a second", "CPU s of 1M deliveries"},
	}
	all := chatServers(r.run, w)
	for _, one := range all {
		s.Rows = append(s.Rows, []string{one.address, number(one.sessions.value), number(100*one.sessions.share) + " %",
			number(one.deliveries.value), number(100*one.deliveries.share) + " %",
			number(one.cpu), number(one.cpu / one.window.seconds()), number(one.cpu / one.deliveries.value * 1e6)})
	}
	return s, len(all) > 1
}

// chatServers says how many there were and, of several, how evenly they shared.
func (r *Report) chatServers() string {
	switch all := chatServers(r.run, steady(r.run)); len(all) {
	case 0:
		return unmeasured
	case 1:
		return "1"
	default:
		return fmt.Sprintf("%d, each %s %% of its fair share or more", len(all), number(100*least(all)))
	}
}

// cpuPerChatServer is the mean of the chat servers, in cores. Of a system that does not
// say which they are it is the mean of all processes.
func cpuPerChatServer(run *raw.Run, w window) (cores float64, note string) {
	all := chatServers(run, w)
	switch {
	case len(w.processes()) == 1:
		return w.rate(cpuSeconds), "of the one process, for everything it did"
	case len(all) == 0:
		return w.rate(cpuSeconds) / float64(len(w.processes())), fmt.Sprintf("mean of the server's processes, here %d", len(w.processes()))
	}
	var each []float64
	for _, r := range all {
		each = append(each, r.cpu/r.window.seconds())
	}
	return mean(each), "mean of " + number(float64(len(all))) + " chat servers"
}

// roles are what a process says that it does, a comma between them; "" in files of
// programs that did not say.
func roles(run *raw.Run, process int) string {
	for i := range run.Samples {
		if process < len(run.Samples[i].Processes) {
			for series := range run.Samples[i].Processes[process].Values {
				if strings.HasPrefix(series, rolesInfo) {
					return raw.Label(series, "roles")
				}
			}
		}
	}
	return ""
}
