// Package history is what happened: calls, joined from the CDRs of their legs, the figures that are kept of them per
// quarter hour, and the questions that can be asked of both. What a call is, is decided by pure functions of its legs
// ([Join], [Call.Figures]), so that the order in which CDRs come, and how often, makes no difference.
//
// It is not where they are kept: that is behind interfaces declared here. [Intake] owns the one goroutine of its Run.
package history
