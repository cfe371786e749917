#include "dataplane/stages/burst_candidates.hpp"

namespace honeyswitch::dataplane {

void Candidates::parse_unusual(Index i, From from) {
    const auto frame = frame_of(packets_[i]);
    l3_[i] = parse_l3(frame, packets_[i]->pkt_len);
    views_[i] = parse_session(frame, l3_[i], from);
    keys_[i] = views_[i].key;
}

}  // namespace honeyswitch::dataplane
