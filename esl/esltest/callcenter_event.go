package esltest

import "strconv"

const ccSubclass = "callcenter::info"

// Call sites of mod_callcenter.
const (
	siteAgentAdd    site = "mod_callcenter.c cc_agent_add 915"
	siteAgentGet    site = "mod_callcenter.c cc_agent_get 984"
	siteAgentStatus site = "mod_callcenter.c cc_agent_update 1043"
	siteAgentState  site = "mod_callcenter.c cc_agent_update 1067"
	siteContact     site = "mod_callcenter.c cc_agent_update 1091"
	siteCount       site = "mod_callcenter.c cc_queue_count 878"
	siteOffering    site = "mod_callcenter.c outbound_agent_thread_run 1717"
	siteOfferVars   site = "mod_callcenter.c outbound_agent_thread_run 1755"
	siteAgentStart  site = "mod_callcenter.c outbound_agent_thread_run 1934"
	siteAgentEnd    site = "mod_callcenter.c outbound_agent_thread_run 2062"
	siteMemberEnd   site = "mod_callcenter.c outbound_agent_thread_run 2098"
	siteMaxNoAnswer site = "mod_callcenter.c outbound_agent_thread_run 2168"
	siteAgentFail   site = "mod_callcenter.c outbound_agent_thread_run 2200"
	siteQueueStart  site = "mod_callcenter.c callcenter_function 3113"
	siteQueueEnd    site = "mod_callcenter.c callcenter_function 3274"
)

// announce fires a callcenter::info event: a channel's data first, if one is
// given, then header names and values in pairs.
func (cc *callcenter) announce(at site, c *channel, pairs ...string) {
	e := cc.s.beginCustom(at, ccSubclass)
	if c != nil {
		c.describe(e)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.headers.add(pairs[i], pairs[i+1])
	}
	cc.s.fire(e)
}

func (cc *callcenter) announceCount(queue string) {
	n := 0
	for _, m := range cc.members {
		if m.queue == queue && (m.state == "Waiting" || m.state == "Trying") {
			n++
		}
	}
	cc.announce(siteCount, nil, "CC-Queue", queue, "CC-Action", "members-count",
		"CC-Count", strconv.Itoa(n), "CC-Selection", "Single-Queue")
}

func seconds(n int64) string { return strconv.FormatInt(n, 10) }
