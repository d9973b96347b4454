//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach gives the command a process group of its own. A Ctrl-C at the terminal
// goes to every process of the foreground group; Terraform takes a second
// interrupt for "stop at once", so that it must get one only, from here.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// interrupt asks the command to stop in good order.
func interrupt(command *exec.Cmd) error {
	return command.Process.Signal(syscall.SIGINT)
}

// sweep ends what the command may have left behind, such as providers of a
// Terraform that had to be killed.
func sweep(command *exec.Cmd) {
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
}
