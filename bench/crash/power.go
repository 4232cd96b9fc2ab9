//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// diskSize is that of the filesystem whose power is cut.
const diskSize = 96 << 20

// cutRepeats is how many acknowledged keys are repeated after a cut.
const cutRepeats = 5

// powerTools are what a power cut needs, with the Debian packages they come from.
var powerTools = [][2]string{{"mkfs.ext4", "e2fsprogs"}, {"xfs_io", "xfsprogs"}, {"mount", "mount"}, {"umount", "mount"}}

// powerJobs cuts the power, or says in the table why it cannot be cut on this machine.
func (b *bench) powerJobs(ctx context.Context) ([]job, error) {
	if b.cuts == 0 {
		return nil, nil
	}
	if why := b.noPower(ctx); why != "" {
		return []job{{do: func(context.Context, *lane) (result, error) {
			return result{part: "power cut", verb: "all", note: "not possible here: " + why}, nil
		}}}, nil
	}
	var jobs []job
	for n := range b.lanesOf {
		cuts := (b.cuts + n) / len(b.lanesOf)
		if cuts == 0 {
			continue
		}
		jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) {
			r := result{part: "power cut", verb: "all", points: cuts}
			luck := rand.New(rand.NewPCG(b.seed, 200+uint64(n)))
			for range cuts {
				report, err := l.cutOnce(ctx, luck)
				if err != nil {
					return r, fmt.Errorf("power cut: %w", err)
				}
				r.runs++
				r.struck++
				r.report.Add(report)
			}
			return r, nil
		}})
	}
	return jobs, nil
}

// noPower says why power cannot be cut here, "" when it can.
func (b *bench) noPower(ctx context.Context) string {
	if os.Geteuid() != 0 {
		return "it takes root"
	}
	for _, tool := range powerTools {
		if _, err := exec.LookPath(tool[0]); err != nil {
			return tool[0] + " is missing (Debian package " + tool[1] + ")"
		}
	}
	d, err := newDisk(ctx, filepath.Join(b.dir, "try"))
	if err == nil {
		err = errors.Join(d.proveLoss(ctx), d.close(ctx))
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// proveLoss shows that a cut loses what was not synced: without that, cuts would prove nothing.
func (d *disk) proveLoss(ctx context.Context) error {
	unsynced := filepath.Join(d.dir, "unsynced")
	if err := os.WriteFile(unsynced, []byte("in memory only"), 0o600); err != nil {
		return err
	}
	if err := errors.Join(d.cut(ctx), d.unmount(ctx), d.mount(ctx)); err != nil {
		return err
	}
	if content, err := os.ReadFile(unsynced); err == nil && len(content) > 0 {
		return errors.New("a cut does not lose what was not synced")
	}
	return nil
}

// disk is a filesystem in a file.
type disk struct{ image, dir string }

func newDisk(ctx context.Context, path string) (*disk, error) {
	d := &disk{path + ".img", path}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(d.image, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Truncate(diskSize), f.Close()); err != nil {
		return nil, err
	}
	if _, err := world.Tool(ctx, "mkfs.ext4", "-q", "-F", d.image); err != nil {
		return nil, err
	}
	return d, d.mount(ctx)
}

func (d *disk) mount(ctx context.Context) error {
	_, err := world.Tool(ctx, "mount", "-o", "loop", d.image, d.dir)
	return err
}

// cut shuts the filesystem down in an instant: nothing that was not synced reaches the image.
func (d *disk) cut(ctx context.Context) error {
	_, err := world.Tool(ctx, "xfs_io", "-x", "-c", "shutdown", d.dir)
	return err
}

func (d *disk) unmount(ctx context.Context) error {
	_, err := world.Tool(ctx, "umount", d.dir)
	return err
}

func (d *disk) close(ctx context.Context) error {
	return errors.Join(d.unmount(ctx), os.Remove(d.image), os.Remove(d.dir))
}

// cutOnce cuts the power under load and compares what was acknowledged before the cut began: an answer in the very
// instant of the cut may be to a write that the disk lost.
func (l *lane) cutOnce(ctx context.Context, luck *rand.Rand) (report check.Report, err error) {
	d, err := newDisk(ctx, filepath.Join(l.dir, fmt.Sprintf("disk%d-%d", l.n, l.scenes)))
	if err != nil {
		return report, err
	}
	// What is mounted is unmounted, whatever happens: the folder could not be removed otherwise.
	defer func() { err = errors.Join(err, d.close(context.WithoutCancel(ctx))) }()
	inquire, _ := svcgate.Inquire.Info()
	s, err := l.newSceneAt(ctx, filepath.Join(d.dir, "svcgate"), l.sim.base, inquire, 0)
	if err != nil {
		return report, err
	}
	defer s.close()
	w := newLoad(s)
	// A generation's message names no order: one that was sent in the instant of the cut could not be told from another.
	w.operations = slices.DeleteFunc(w.operations, func(op svcgate.OperationInfo) bool { return op.Operation == svcgate.Generate })
	var told []check.Told
	var before []entry
	err = w.during(ctx, luck, func() error {
		if err := w.wait(ctx, 20+luck.IntN(200)); err != nil {
			return err
		}
		if before, err = l.sim.ledger(ctx, 0); err != nil {
			return err
		}
		told = s.oms.Log()
		if err := d.cut(ctx); err != nil {
			return err
		}
		return errCut
	})
	if !errors.Is(err, errCut) {
		return report, err
	}
	s.gw.Kill()
	if err := errors.Join(d.unmount(ctx), d.mount(ctx)); err != nil {
		return report, err
	}
	if s.gw, err = startGateway(ctx, l.binary, s.dir, 0); err != nil {
		return report, err
	}
	return w.checkCut(ctx, told, before)
}

// errCut ends the load.
var errCut = errors.New("the power was cut")

// checkCut compares what was told and booked before the cut, and what the journal kept of the moment of the cut.
func (w *load) checkCut(ctx context.Context, told []check.Told, before []entry) (check.Report, error) {
	w.oms = world.NewOMS(w.oms.Token)
	for _, t := range told {
		w.oms.Write(t)
	}
	journal, err := w.oms.ReadAll(ctx, w.gw.Base)
	if err != nil {
		return check.Report{}, err
	}
	wrong, err := w.repeatSome(ctx, told, journal)
	if err != nil {
		return check.Report{}, err
	}
	entries, err := w.lane.sim.ledger(ctx, 0)
	if err != nil {
		return check.Report{}, err
	}
	booked, err := bookedOf(beforeCut(entries, before, journal))
	if err != nil {
		return check.Report{}, err
	}
	report := check.Run(w.oms.Log(), booked, journal)
	report.Doubled = append(report.Doubled, wrong...)
	report.Unexplained = append(report.Unexplained, w.verify(ctx)...)
	return report, nil
}

// repeatSome repeats the last requests that were acknowledged before the cut.
func (w *load) repeatSome(ctx context.Context, told []check.Told, journal []check.Journaled) (wrong []check.Finding, err error) {
	for _, t := range told[max(0, len(told)-cutRepeats):] {
		row := rowOf(journal, t.Key)
		if row == nil {
			continue // the checker finds it lost
		}
		w.next = w.made[t.Key]
		sent, err := w.messages(ctx)
		if err != nil {
			return nil, err
		}
		_, more, err := w.repeat(ctx, row, sent)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, more...)
	}
	return wrong, nil
}

// sentFor names a message by what it was sent for.
type sentFor struct{ order, message string }

// beforeCut leaves out messages that were sent in the instant of the cut on the strength of a row that the disk then
// lost. A message that was in the ledger before must have its row.
func beforeCut(entries, before []entry, journal []check.Journaled) []entry {
	last := 0
	if len(before) > 0 {
		last = before[len(before)-1].Seq
	}
	kept := map[sentFor]bool{}
	for _, row := range journal {
		kept[sentFor{row.Transaction.Order, world.MessageOf[row.Transaction.Operation]}] = true
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.Seq > last && !kept[sentFor{e.Order, e.Message}] })
}
