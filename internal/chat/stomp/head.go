package stomp

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// findHead looks for the blank line that ends the head.
func (d *Decoder) findHead(input []byte) error {
	for {
		end := d.lineLimit()
		line := input[d.at.scanned:min(len(input), end)]
		n := bytes.IndexByte(line, '\n')
		if n >= 0 {
			line = line[:n]
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return malformed("a NUL in line %d, before the blank line that ends the headers", d.at.lines+1)
		}
		if n < 0 {
			d.at.scanned += len(line)
			if d.at.scanned == end {
				return d.lineTooLong()
			}
			return nil
		}
		d.at.scanned += n + 1
		blank, err := d.endLine(input[d.at.line : d.at.scanned-1])
		if err != nil || blank {
			return err
		}
	}
}

// lineLimit returns where the line end of the current line must have come.
func (d *Decoder) lineLimit() int {
	longest := maxCommand
	if d.at.lines > 0 {
		longest = orDefault(d.MaxLine, DefaultMaxLine)
	}
	return min(d.at.line+longest+1, orDefault(d.MaxFrame, DefaultMaxFrame))
}

func (d *Decoder) lineTooLong() error {
	switch {
	case d.at.lines == 0:
		return malformed("not a STOMP frame: a command such as CONNECT or SEND on a line of its own expected")
	case d.at.scanned == orDefault(d.MaxFrame, DefaultMaxFrame):
		return tooLarge("no end of the headers within %d octets: a frame may have no more", d.at.scanned)
	default:
		return tooLarge("line %d is longer than %d octets", d.at.lines+1, orDefault(d.MaxLine, DefaultMaxLine))
	}
}

// endLine counts a complete line of the head and says whether it is the blank
// one.
func (d *Decoder) endLine(line []byte) (blank bool, err error) {
	line = d.trimCarriageReturn(line)
	d.at.lines++
	d.at.line = d.at.scanned
	switch most := orDefault(d.MaxHeaders, DefaultMaxHeaders); {
	case d.at.lines == 1:
		return false, checkCommand(line)
	case len(line) == 0:
		d.at.head = d.at.scanned
		return true, nil
	case d.at.lines-1 > most:
		return false, tooLarge("more than %d headers", most)
	}
	return false, nil
}

func checkCommand(name []byte) error {
	for _, c := range name {
		if c < 'A' || c > 'Z' {
			return malformed("not a STOMP frame: a command in capital letters such as CONNECT or SEND expected, got %s", excerpt(name))
		}
	}
	return nil
}

// readHead fills in command, headers and body length from a complete head.
func (d *Decoder) readHead(head []byte) error {
	if !utf8.Valid(head) {
		return malformed("the headers are not valid UTF-8")
	}
	d.headers, d.unescaped = d.headers[:0], d.unescaped[:0]
	name, rest := d.cutLine(head)
	d.at.command, d.at.length, d.at.current = command(name), -1, true
	for number := 2; ; number++ {
		var line []byte
		if line, rest = d.cutLine(rest); len(line) == 0 {
			return nil
		}
		if err := d.readHeader(line, number); err != nil {
			return err
		}
	}
}

// cutLine splits text after its first line end.
func (d *Decoder) cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	return d.trimCarriageReturn(text[:end]), text[end+1:]
}

func (d *Decoder) trimCarriageReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' && d.version.carriageReturns() {
		return line[:n-1]
	}
	return line
}

// readHeader adds one header. Values are never trimmed: a space is theirs.
func (d *Decoder) readHeader(line []byte, number int) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return malformed("line %d is no header: name:value expected, got %s", number, excerpt(line))
	}
	h := Header{Name: line[:colon:colon], Value: line[colon+1:]}
	if d.version.escapes() && !opening(d.at.command) && bytes.IndexByte(line, '\\') >= 0 {
		var err error
		if h.Name, err = d.unescape(h.Name); err != nil {
			return err
		}
		if h.Value, err = d.unescape(h.Value); err != nil {
			return err
		}
	}
	d.headers = append(d.headers, h)
	if d.at.length < 0 && string(h.Name) == "content-length" {
		return d.setLength(h.Value)
	}
	return nil
}

// unescape returns the meaning of s in memory of the decoder. Growing that
// memory leaves earlier results where they were.
func (d *Decoder) unescape(s []byte) ([]byte, error) {
	start := len(d.unescaped)
	var err error
	d.unescaped, err = appendUnescaped(d.unescaped, d.version, s)
	return d.unescaped[start:len(d.unescaped):len(d.unescaped)], err
}

func (d *Decoder) setLength(value []byte) error {
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("content-length is the body's number of octets, not %s", excerpt(value))
		}
	}
	limit := orDefault(d.MaxFrame, DefaultMaxFrame)
	n, err := strconv.Atoi(string(value))
	switch {
	case len(value) == 0:
		return malformed("content-length is empty")
	case err != nil, n > limit-d.at.head-1: // digits only: err says out of range
		return tooLarge("content-length %s makes the frame larger than %d octets", excerpt(value), limit)
	}
	d.at.length = n
	return nil
}
