package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

const (
	profileFor = 8 * time.Second
	profiledAt = 64 // connections
)

// takeProfile loads an assembled gateway, the one with group commit if it is among the arms, writes its CPU profile and
// prints what is on top of it.
func (b *bench) takeProfile(ctx context.Context) error {
	var a *arm
	for _, one := range b.arms {
		if one.profile != "" && (a == nil || one.name == armGroup) {
			a = one
		}
	}
	if a == nil {
		return errors.New("a profile is taken of an assembled gateway, and none of them is among the arms")
	}
	open, err := a.caller(way0)
	if err != nil {
		return err
	}
	taken := make(chan error, 1)
	l := load{conns: profiledAt, warm: 10, requests: 1 << 30, limit: profileFor + time.Second}
	if _, err := l.run(ctx, open, func() { go func() { taken <- fetch(ctx, a.profile, b.profile) }() }, func() {}); err != nil {
		return err
	}
	if err := <-taken; err != nil {
		return fmt.Errorf("taking the profile: %w", err)
	}
	for _, order := range []string{"-flat", "-cum"} {
		out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", order, "-nodecount=40", b.own, b.profile).Output()
		if err != nil {
			return fmt.Errorf("reading the profile: %w", err)
		}
		fmt.Printf("\n%s at %d connections, %s:\n%s", a.title, profiledAt, order[1:], out)
	}
	return nil
}

// fetch writes what a profile address answers to a file.
func fetch(ctx context.Context, url, file string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s?seconds=%d", url, int(profileFor.Seconds())), nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
