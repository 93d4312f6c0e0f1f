package esltest

import "strings"

// causes are the hangup causes with their Q.850 (or FreeSWITCH's own) numbers.
var causes = map[string]int{
	"NONE": 0, "UNALLOCATED_NUMBER": 1, "NO_ROUTE_TRANSIT_NET": 2, "NO_ROUTE_DESTINATION": 3,
	"CHANNEL_UNACCEPTABLE": 6, "CALL_AWARDED_DELIVERED": 7, "NORMAL_CLEARING": 16, "USER_BUSY": 17,
	"NO_USER_RESPONSE": 18, "NO_ANSWER": 19, "SUBSCRIBER_ABSENT": 20, "CALL_REJECTED": 21, "NUMBER_CHANGED": 22,
	"REDIRECTION_TO_NEW_DESTINATION": 23, "EXCHANGE_ROUTING_ERROR": 25, "DESTINATION_OUT_OF_ORDER": 27,
	"INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29, "RESPONSE_TO_STATUS_ENQUIRY": 30,
	"NORMAL_UNSPECIFIED": 31, "NORMAL_CIRCUIT_CONGESTION": 34, "NETWORK_OUT_OF_ORDER": 38,
	"NORMAL_TEMPORARY_FAILURE": 41, "SWITCH_CONGESTION": 42, "ACCESS_INFO_DISCARDED": 43,
	"REQUESTED_CHAN_UNAVAIL": 44, "PRE_EMPTED": 45, "FACILITY_NOT_SUBSCRIBED": 50, "OUTGOING_CALL_BARRED": 52,
	"INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAUTH": 57, "BEARERCAPABILITY_NOTAVAIL": 58,
	"SERVICE_UNAVAILABLE": 63, "BEARERCAPABILITY_NOTIMPL": 65, "CHAN_NOT_IMPLEMENTED": 66,
	"FACILITY_NOT_IMPLEMENTED": 69, "SERVICE_NOT_IMPLEMENTED": 79, "INVALID_CALL_REFERENCE": 81,
	"INCOMPATIBLE_DESTINATION": 88, "INVALID_MSG_UNSPECIFIED": 95, "MANDATORY_IE_MISSING": 96,
	"MESSAGE_TYPE_NONEXIST": 97, "WRONG_MESSAGE": 98, "IE_NONEXIST": 99, "INVALID_IE_CONTENTS": 100,
	"WRONG_CALL_STATE": 101, "RECOVERY_ON_TIMER_EXPIRE": 102, "MANDATORY_IE_LENGTH_ERROR": 103,
	"PROTOCOL_ERROR": 111, "INTERWORKING": 127, "SUCCESS": 142, "ORIGINATOR_CANCEL": 487, "CRASH": 700,
	"SYSTEM_SHUTDOWN": 701, "LOSE_RACE": 702, "MANAGER_REQUEST": 703, "BLIND_TRANSFER": 800,
	"ATTENDED_TRANSFER": 801, "ALLOTTED_TIMEOUT": 802, "USER_CHALLENGE": 803, "MEDIA_TIMEOUT": 804,
	"PICKED_OFF": 805, "USER_NOT_REGISTERED": 806, "PROGRESS_TIMEOUT": 807, "INVALID_GATEWAY": 808,
	"GATEWAY_DOWN": 809, "INVALID_URL": 810, "INVALID_PROFILE": 811, "NO_PICKUP": 812, "SRTP_READ_ERROR": 813,
}

// causeOf finds a cause by name or number; ok is false for none.
func causeOf(text string) (string, bool) {
	name := strings.ToUpper(text)
	if _, ok := causes[name]; ok {
		return name, true
	}
	if n := atoi(text); n > 0 {
		for name, number := range causes {
			if number == n {
				return name, true
			}
		}
	}
	return "", false
}

func causeOr(text, fallback string) string {
	if name, ok := causeOf(text); ok {
		return name
	}
	return fallback
}

// q850 is the number ISDN has for a cause; what is FreeSWITCH's own is normal
// clearing there.
func q850(cause string) int {
	if n := causes[cause]; n <= 127 {
		return n
	}
	return 16
}

// sipCause is the cause that FreeSWITCH makes of a SIP refusal, with its phrase.
func sipCause(status int) (cause, phrase string) {
	switch status {
	case 403, 407, 603, 401, 402:
		phrase = map[int]string{401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
			407: "Proxy Authentication Required", 603: "Decline"}[status]
		return "CALL_REJECTED", phrase
	case 404:
		return "UNALLOCATED_NUMBER", "Not Found"
	case 405, 501:
		return "SERVICE_NOT_IMPLEMENTED", "Not Implemented"
	case 408, 504:
		return "RECOVERY_ON_TIMER_EXPIRE", "Request Timeout"
	case 410:
		return "NUMBER_CHANGED", "Gone"
	case 480:
		return "NO_USER_RESPONSE", "Temporarily Unavailable"
	case 484:
		return "INVALID_NUMBER_FORMAT", "Address Incomplete"
	case 486, 600:
		return "USER_BUSY", "Busy Here"
	case 487:
		return "ORIGINATOR_CANCEL", "Request Terminated"
	case 488, 606:
		return "INCOMPATIBLE_DESTINATION", "Not Acceptable Here"
	case 502:
		return "NETWORK_OUT_OF_ORDER", "Bad Gateway"
	case 503:
		return "NORMAL_TEMPORARY_FAILURE", "Service Unavailable"
	case 604:
		return "NO_ROUTE_DESTINATION", "Does Not Exist Anywhere"
	}
	return "NORMAL_UNSPECIFIED", "Refused"
}
