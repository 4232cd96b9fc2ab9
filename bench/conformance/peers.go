package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

//go:embed peers.py
var peersScript string

// peers is a Python process that reads documents with expat and libxml2.
type peers struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	told strings.Builder
}

// opinion is what the two make of one document.
type opinion struct {
	Expat   reading `json:"expat"`
	Libxml2 reading `json:"libxml2"`
}

// reading is a document as one of them read it, or the word it refused it with.
type reading struct {
	Error string   `json:"error"`
	Tree  *element `json:"tree"`
}

// element is an element with what it holds.
type element struct {
	Space, Local string
	Attributes   map[string]string
	Children     []*element
	Text         string // directly inside
}

// UnmarshalJSON reads [namespace, name, {attribute: value}, [child or text, ...]].
func (e *element) UnmarshalJSON(text []byte) error {
	var inside []json.RawMessage
	if err := json.Unmarshal(text, &[]any{&e.Space, &e.Local, &e.Attributes, &inside}); err != nil {
		return err
	}
	for _, one := range inside {
		if one[0] == '"' {
			var data string
			if err := json.Unmarshal(one, &data); err != nil {
				return err
			}
			e.Text += data
			continue
		}
		child := new(element)
		if err := json.Unmarshal(one, child); err != nil {
			return err
		}
		e.Children = append(e.Children, child)
	}
	return nil
}

func startPeers(ctx context.Context) (*peers, error) {
	p := &peers{cmd: exec.CommandContext(ctx, "python3", "-c", peersScript)}
	p.cmd.Stderr = &p.told
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 1<<16)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting python3 for expat and libxml2: %w", err)
	}
	return p, nil
}

// ask has both read a document.
func (p *peers) ask(document []byte) (opinion, error) {
	var o opinion
	message := binary.BigEndian.AppendUint32(nil, uint32(len(document)))
	if _, err := p.in.Write(append(message, document...)); err != nil {
		return o, p.failed(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return o, p.failed(err)
	}
	if err := json.Unmarshal(line, &o); err != nil {
		return o, p.failed(err)
	}
	if (o.Expat.Tree == nil) == (o.Expat.Error == "") || (o.Libxml2.Tree == nil) == (o.Libxml2.Error == "") {
		return o, p.failed(errors.New("neither read nor refused"))
	}
	return o, nil
}

func (p *peers) failed(err error) error {
	return fmt.Errorf("asking expat and libxml2: %w; %s", err, strings.TrimSpace(p.told.String()))
}

func (p *peers) close() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
