//go:build unix

package faulttest

import (
	"os/exec"
	"syscall"
)

// detach gives a command a process group of its own, so that an interrupt reaches the command line once and from here.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// sweep ends what a command left behind.
func sweep(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
