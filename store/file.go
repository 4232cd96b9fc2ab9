package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	lockSuffix = ".lock"
	fileMode   = 0o600
	othersMay  = 0o077
)

// prepareFile returns the path without symbolic links, so that one file has one lock whatever it is called, and
// refuses directories that cannot hold a database.
func prepareFile(path string, env environment) (string, error) {
	if path == "" {
		return "", errors.New("no path was given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the directory %s does not exist; make it first, readable by this program's user only", filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory", dir)
	}
	name, err := env.filesystem(dir)
	if err != nil {
		return "", fmt.Errorf("asking for the filesystem of %s: %w", dir, err)
	}
	if name != "" {
		return "", fmt.Errorf("%s lies on %s; SQLite's write-ahead log is not safe there, use a local disk", dir, name)
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// logSuffixes are the files that SQLite keeps beside a database.
var logSuffixes = []string{"-wal", "-shm", "-journal"}

// makeFile makes a file that is not there, for its owner alone.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(owned(f), f.Close())
}

// owned gives a file that root made to whom the folder belongs to: a service with a user of its own could not open it
// otherwise. A root that may not give files away keeps it.
func owned(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	folder, ok := info.Sys().(*syscall.Stat_t)
	if !ok || folder.Uid == 0 {
		return nil
	}
	err = f.Chown(int(folder.Uid), int(folder.Gid))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// createFile makes the database file for this user alone when there is none, and refuses one that others may use.
// SQLite gives its log files the same mode.
func createFile(path string) (os.FileInfo, error) {
	err := makeFile(path)
	if err == nil {
		err = shapeFile(path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the database file: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the path is not a regular file")
	}
	if info.Mode().Perm()&othersMay != 0 {
		return nil, fmt.Errorf("the file's mode is %04o, so others may use it; run chmod 600 on it", info.Mode().Perm())
	}
	return info, nil
}

// fileLock is held while a store is open. The kernel drops it when the process ends, however it ends.
type fileLock struct{ f *os.File }

// lockFile takes the lock or says who has it. The file holds the holder's process id and is never removed: another
// process could hold a lock on the removed file.
func lockFile(path string) (*fileLock, error) {
	if err := makeFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the lock file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%s has the database open; one process at a time may", holder(path))
		}
		return nil, errors.Join(err, f.Close())
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writing the lock file: %w", err), f.Close())
	}
	return &fileLock{f}, nil
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "another process"
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return "another process"
	}
	if pid == os.Getpid() {
		return fmt.Sprintf("this process (%d)", pid)
	}
	return fmt.Sprintf("process %d", pid)
}

// release unlocks before it closes: a program that this process is about to start has the file open for a moment.
func (l *fileLock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
