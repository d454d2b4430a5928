package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A ServedError says that another process has a SQLite file for itself: it serves it, or
// puts one back there.
type ServedError struct {
	Path string // of the database
	Lock string // the file that the process holds
	PID  int    // of the process; 0 when it did not say
}

// Error names the file and the process.
func (e *ServedError) Error() string {
	return fmt.Sprintf("process %d has %s for itself, by %s", e.PID, e.Path, e.Lock)
}

// Keep has a SQLite file for this process until release: a program that serves it knows
// some of what is in it by heart, and two would not know of each other. Who reads, copies
// or recounts it beside that needs none of this.
//
// It is a lock of the kernel's on the file PATH.lock, which ends with the process, however
// that ends; a file that is left behind locks nothing. The database's own file will not
// do: SQLite locks parts of it, and to close it once would end those.
//
// Errors: *ServedError.
func Keep(path string) (release func(), err error) {
	name, err := lockOf(path)
	if err != nil {
		return nil, err
	}
	// A command that finds that it may not do what it came for had it for a moment.
	for end := time.Now().Add(500 * time.Millisecond); ; time.Sleep(20 * time.Millisecond) {
		release, taken, err := keep(name)
		if err != nil || release != nil {
			return release, err
		}
		if taken && time.Now().After(end) {
			return nil, &ServedError{Path: path, Lock: name, PID: holder(name)}
		}
	}
}

// keep tries once; taken tells that another process has it.
func keep(name string) (release func(), taken bool, err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, true, nil
		}
		return nil, false, fmt.Errorf("lock %s: %w", name, err)
	}
	// Whoever had it took the name away as they went: then this is a file that nobody else
	// will find.
	mine, err := same(f, name)
	if err != nil || !mine {
		f.Close()
		return nil, false, err
	}
	// What holds is the lock; a full disk keeps only the number from being told.
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return func() { os.Remove(name); f.Close() }, false, nil
}

// lockOf names the file beside the database, however the database is called.
func lockOf(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) { // it is about to be made
		if real, err = filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			real = filepath.Join(real, filepath.Base(path))
		}
	}
	return real + ".lock", err
}

func same(f *os.File, name string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err
}

// holder reads who holds a lock.
func holder(name string) (pid int) {
	b, err := os.ReadFile(name)
	if err == nil {
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	}
	return pid
}
