// Priority 3: what each candidate is, and which session it belongs to.
//
// Needs the packets of the candidates, each with a healthy IPv4 header, and what their destinations' states
// say. Afterwards each of them has its key, its hash and its session, or none. All of a burst are hashed and
// prefetched before the first is looked up, so that they wait for memory together.
#pragma once

#include "dataplane/stages/burst_candidates.hpp"
#include "dataplane/tables/session_table.hpp"

namespace honeyswitch::dataplane {

void find_sessions(Candidates& candidates, const SessionTable& sessions, From from);

}  // namespace honeyswitch::dataplane
