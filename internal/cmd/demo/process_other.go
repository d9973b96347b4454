//go:build !unix

package main

import "os/exec"

// detach does nothing: there are no process groups that a signal is sent to.
func detach(*exec.Cmd) {}

// interrupt ends the command: there is no signal to send that asks for it.
func interrupt(command *exec.Cmd) error {
	return command.Process.Kill()
}

// sweep does nothing: a provider ends when its Terraform is gone.
func sweep(*exec.Cmd) {}
