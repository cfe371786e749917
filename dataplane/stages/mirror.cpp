#include "dataplane/stages/mirror.hpp"

#include "dataplane/stages/parse.hpp"
#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::dataplane {

MirrorBurst::MirrorBurst(std::span<rte_mbuf* const> packets, const Classifier& classifier) {
    for (rte_mbuf* const packet : packets) {
        // Of what is not IPv4 both are 0.0.0.0, which is on no campus.
        const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
        const bool from_campus = classifier.on_campus(l3.source),
                   to_campus = classifier.on_campus(l3.destination);
        if (from_campus == to_campus)
            others_.add(packet);
        else
            (from_campus ? inside_ : outside_).add(packet);
    }
}

}  // namespace honeyswitch::dataplane
