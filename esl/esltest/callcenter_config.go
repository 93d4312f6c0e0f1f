package esltest

import "strings"

// refusal is what callcenter_config answers when something is wrong.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errInvalid       refusal = "Invalid!"
	errUnknown       refusal = "Unknown Error!"
	errAgentExists   refusal = "Agent already exist!"
	errAgentType     refusal = "Agent type invalid!"
	errAgentUnknown  refusal = "Agent not found!"
	errAgentStatus   refusal = "Invalid Agent Status!"
	errAgentState    refusal = "Invalid Agent State!"
	errAgentTypeSet  refusal = "Invalid Agent Type!"
	errAgentKey      refusal = "Invalid Agent Update KEY!"
	errQueueUnknown  refusal = "Queue not found!"
	errTierExists    refusal = "Tier already exist!"
	errTierState     refusal = "Invalid Tier State!"
	errTierKey       refusal = "Invalid Tier Update KEY!"
	errQueueNotKnown refusal = "Invalid Queue not found!"
)

// configSyntax is the usage text, one line for each form of the command.
const configSyntax = "callcenter_config <target> <args>,\n" + `	callcenter_config agent add [name] [type] | 
	callcenter_config agent del [name] | 
	callcenter_config agent reload [name] | 
	callcenter_config agent set status [agent_name] [status] | 
	callcenter_config agent set state [agent_name] [state] | 
	callcenter_config agent set contact [agent_name] [contact] | 
	callcenter_config agent get status [agent_name] | 
	callcenter_config agent get state [agent_name] | 
	callcenter_config agent get uuid [agent_name] | 
	callcenter_config agent list [[agent_name]] | 
	callcenter_config tier add [queue_name] [agent_name] [[level]] [[position]] | 
	callcenter_config tier set state [queue_name] [agent_name] [state] | 
	callcenter_config tier set level [queue_name] [agent_name] [level] | 
	callcenter_config tier set position [queue_name] [agent_name] [position] | 
	callcenter_config tier del [queue_name] [agent_name] | 
	callcenter_config tier reload [queue_name] [agent_name] | 
	callcenter_config tier list | 
	callcenter_config queue load [queue_name] | 
	callcenter_config queue unload [queue_name] | 
	callcenter_config queue reload [queue_name] | 
	callcenter_config queue list | 
	callcenter_config queue list agents [queue_name] [status] [state] | 
	callcenter_config queue list members [queue_name] | 
	callcenter_config queue list tiers [queue_name] | 
	callcenter_config queue count | 
	callcenter_config queue count agents [queue_name] [status] [state] | 
	callcenter_config queue count members [queue_name] | 
	callcenter_config queue count tiers [queue_name]`

// config is the command callcenter_config.
func (cc *callcenter) config(arg string) string {
	if arg == "" {
		return "-USAGE: \n" + configSyntax + "\n"
	}
	argv := separate(arg, ' ', 8)
	if len(argv) < 2 {
		return "-ERR Invalid!\n"
	}
	var out string
	var err error
	rest := argv[2:]
	switch strings.ToLower(argv[0]) {
	case "agent":
		out, err = cc.configAgent(strings.ToLower(argv[1]), rest)
	case "tier":
		out, err = cc.configTier(strings.ToLower(argv[1]), rest)
	case "queue":
		out, err = cc.configQueue(strings.ToLower(argv[1]), rest)
	}
	if err != nil {
		return "-ERR " + err.Error() + "\n"
	}
	if list := listOf(argv); list != "" {
		return cc.s.faults.spoilText(list, out)
	}
	return out
}

const ok = "+OK\n"

// table prints the rows of a list with a header line, if there is a row at all.
func (cc *callcenter) table(list string, rows [][]cell) string {
	rows = cc.s.faults.spoilRows(list, rows)
	var b strings.Builder
	for i, row := range rows {
		if i == 0 {
			for j, c := range row {
				if j > 0 {
					b.WriteByte('|')
				}
				b.WriteString(c.name)
			}
			b.WriteByte('\n')
		}
		for j, c := range row {
			if j > 0 {
				b.WriteByte('|')
			}
			b.WriteString(c.value)
		}
		b.WriteByte('\n')
	}
	return b.String() + ok
}

// breakOff is callcenter_break: it prints nothing when it works.
func (cc *callcenter) breakOff(arg string) string {
	argv := separate(arg, ' ', 2)
	if len(argv) < 2 {
		return "-ERR Usage: callcenter_break agent <uuid>\n"
	}
	c := cc.s.locate(argv[1])
	if c == nil {
		return "-ERR Session not found for uuid " + argv[1] + "\n"
	}
	c.shouldBreak = true
	c.changed.fire()
	return ""
}
