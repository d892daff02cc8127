package httpapi

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	maxExports = 16  // under way at the same time
	exportPage = 500 // messages that are held at the same time
)

const (
	jsonLines = "application/x-ndjson"
	csvText   = "text/csv; charset=utf-8"
)

type exportInput struct {
	ID     hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Format string          `query:"format" enum:"jsonl,csv" default:"jsonl"`
	From   time.Time       `query:"from" doc:"Only what was said at this time or later."`
	To     time.Time       `query:"to" doc:"Only what was said before this time."`
}

func (a *api) exportRoutes(routes huma.API) {
	if a.Directory == nil || a.History == nil {
		return
	}
	op := huma.Operation{
		OperationID: "export", Method: http.MethodGet, Path: "/api/v1/streams/{id}/export", Security: either,
		Summary: "All that was said, as a file",
		Description: "As JSON Lines, each a message as …/messages has it; or as CSV for spreadsheets, with a byte order mark, and with an apostrophe " +
			"before cells that a spreadsheet would take for formulas. Removed texts are left out, but for those who may moderate. " +
			"A file that could not be finished ends with its connection.",
	}
	register(a, routes, op, a.export)
	routes.OpenAPI().Paths[op.Path].Get.Responses["200"] = &huma.Response{
		Description: "The file.",
		Content: map[string]*huma.MediaType{
			jsonLines:  {Schema: &huma.Schema{Type: huma.TypeString}},
			"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}
}

func (a *api) export(ctx context.Context, c *call, in *exportInput) (*huma.StreamResponse, error) {
	s, moderator, err := a.readable(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To) {
		return nil, hubbub.Refuse(hubbub.CodeBadRequest, "from has to be before to")
	}
	select {
	case a.exports <- struct{}{}:
	default:
		return nil, &hubbub.Error{Code: hubbub.CodeOverloaded, Message: "too many exports are under way; try again later", RetryAfter: 10 * time.Second}
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer func() { <-a.exports }()
		r, w := humago.Unwrap(h)
		file := exportFile{api: a, stream: s.ID, moderator: moderator, from: in.From, to: in.To, out: w}
		file.begin(in.Format)
		if r.Method == http.MethodHead {
			return
		}
		// The context of the request itself: an export may take longer than others.
		if err := file.write(c.request.Context()); err != nil {
			level := slog.LevelError
			if c.request.Context().Err() != nil { // the reader left, or did not read
				level = slog.LevelInfo
			}
			a.Logger.Log(context.WithoutCancel(c.request.Context()), level, "an export was broken off", "stream", s.ID, "err", err)
			panic(http.ErrAbortHandler) // so that nobody takes it for the whole
		}
	}}, nil
}

// An exportFile is an export under way.
type exportFile struct {
	api       *api
	stream    hubbub.StreamID
	moderator bool
	from, to  time.Time // zero: no bound
	out       http.ResponseWriter
	row       func(message json.RawMessage) error
	flush     func() error
}

// begin writes the headers.
func (f *exportFile) begin(format string) {
	h := f.out.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="hubbub-%s.%s"`, f.stream, format)) // ids need no escapes
	if format == "csv" {
		h.Set("Content-Type", csvText)
		f.asCSV()
		return
	}
	h.Set("Content-Type", jsonLines)
	f.row = func(message json.RawMessage) error {
		_, err := f.out.Write(append(message, '\n'))
		return err
	}
	f.flush = func() error { return nil }
}

// write writes page after page. Who does not take one in time is cut off.
func (f *exportFile) write(ctx context.Context) error {
	kind := hubbub.KindMessage
	control := http.NewResponseController(f.out)
	for q := (archive.Query{Stream: f.stream, Forward: true, Kind: &kind, Limit: exportPage}); ; {
		page, err := f.api.History.Page(ctx, q)
		if err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(f.api.ExportPatience)) // none in tests without a connection
		done, err := f.writePage(page)
		if err == nil {
			err = f.flush()
		}
		if err != nil || done || len(page) < q.Limit {
			return err
		}
		q.After = page[len(page)-1].Position
	}
}

// writePage says whether what comes after the page is too late to be wanted.
func (f *exportFile) writePage(page []archive.Entry) (done bool, err error) {
	for _, e := range page {
		if !f.to.IsZero() && !e.Time.Before(f.to) { // log time never goes back
			return true, nil
		}
		if e.Time.Before(f.from) {
			continue
		}
		if message := f.api.shown(e, f.moderator); message != nil {
			if err := f.row(message); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// The columns of the CSV.
var exportColumns = []string{"position", "createdAt", "id", "senderId", "senderName", "roles", "content", "mood", "deleted"}

// byteOrderMark makes spreadsheets read a file as UTF-8.
const byteOrderMark = "\ufeff"

func (f *exportFile) asCSV() {
	w := csv.NewWriter(f.out)
	begun := false
	begin := func() error { // after the headers
		if begun {
			return nil
		}
		begun = true
		if _, err := io.WriteString(f.out, byteOrderMark); err != nil {
			return err
		}
		return w.Write(exportColumns)
	}
	f.row = func(message json.RawMessage) error {
		if err := begin(); err != nil {
			return err
		}
		return w.Write(csvRow(message))
	}
	f.flush = func() error {
		if err := begin(); err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}
}

func csvRow(message json.RawMessage) []string {
	var m struct {
		hubbub.Message
		Position string `json:"position"`
		Mood     string `json:"mood"`
		Deleted  bool   `json:"deleted"`
	}
	_ = json.Unmarshal(message, &m) // what is of another kind than it should be stays empty
	created := ""
	if !m.CreatedAt.IsZero() {
		created = timeText(m.CreatedAt)
	}
	row := []string{
		m.Position, created, string(m.ID), string(m.Sender.ID), m.Sender.Name,
		strings.Join(m.Sender.Roles, " "), m.Content, m.Mood, strconv.FormatBool(m.Deleted),
	}
	for i := range row {
		row[i] = harmlessCell(row[i])
	}
	return row
}

// harmlessCell keeps spreadsheets from taking a text for a formula.
func harmlessCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}
