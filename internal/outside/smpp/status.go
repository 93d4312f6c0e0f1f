package smpp

import (
	"fmt"
	"strings"

	"github.com/linxGnu/gosmpp/data"
)

// statusName is a status as the standard calls it, or its number. Source: SMPP 3.4, 5.1.3.
func statusName(status uint32) string {
	if name := data.CommandStatusType(status).String(); strings.HasPrefix(name, "ESME_") {
		return name
	}
	return fmt.Sprintf("status 0x%08X", status)
}

// tooMuch tells whether a status says that the SMSC is to be left alone for a while.
func tooMuch(status uint32) bool {
	switch data.CommandStatusType(status) {
	case data.ESME_RTHROTTLED, data.ESME_RMSGQFUL:
		return true
	}
	return false
}

// passing tells whether a status says that the same message may be taken another time.
func passing(status uint32) bool {
	switch data.CommandStatusType(status) {
	case data.ESME_RSYSERR, data.ESME_RX_T_APPN, data.ESME_RINVBNDSTS:
		return true
	}
	return tooMuch(status)
}
