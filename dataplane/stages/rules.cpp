#include "dataplane/stages/rules.hpp"

namespace honeyswitch::dataplane {

PolicyNotes Rules::note_concerned(const OutsideBurst& burst) const {
    const Classifier& classifier = *context_.classifier;
    const SourceTable& listed = context_.tables.sources;
    const bool lists = !listed.lists_none();
    PolicyNotes notes;
    for (std::size_t i = 0; i < burst.packets().size(); ++i) {
        const std::uint32_t destination = burst.destination(i);
        if (destination == 0) continue;
        const bool ruled = classifier.concerns(destination);
        if (!ruled && !lists) continue;
        const rte_mbuf* const packet = burst.packets()[i];
        const std::uint32_t source = parse_l3(frame_of(packet), packet->pkt_len).source;
        const bool may_be_listed = lists && listed.may_list(source);
        // Nearly no source is listed, so that a branch costs less than what it leaves out.
        if (!ruled && !may_be_listed) continue;
        const bool spared = may_be_listed || (ruled && classifier.may_send_inside(source, destination));
        notes.concerned |= BurstMask{1} << i;
        notes.spared |= BurstMask{spared} << i;
    }
    return notes;
}

bool Rules::may_send_inside(const Candidates& candidates, std::size_t i) const {
    const std::uint32_t outside = candidates.key(i).outside.host();
    return context_.classifier->may_send_inside(outside, candidates.key(i).inside.host()) ||
           (!context_.tables.sources.lists_none() && context_.tables.sources.may_list(outside));
}

BurstMask Rules::find_own_flows(Candidates& candidates) const {
    const OwnFlows& own_flows = context_.tables.own_flows;
    const BurstMask asked = candidates.concerned() & candidates.active() & candidates.left();
    for_each(asked, [&](std::size_t i) { own_flows.prefetch(candidates.hash(i)); });
    BurstMask own = 0;
    for_each(asked, [&](std::size_t i) {
        const bool has = candidates.valid(i) && own_flows.has(candidates.hash(i), context_.now);
        own |= BurstMask{has} << i;
    });
    return own;
}

void Rules::judge_all(Candidates& candidates) const {
    const SourceTable& listed = context_.tables.sources;
    std::array<std::uint8_t, burst_size> places;
    std::array<SessionKey, burst_size> keys;
    std::array<Listing, burst_size> listings;
    std::array<Judgement, burst_size> judgements;
    std::size_t count = 0;
    candidates.set_own_flows(find_own_flows(candidates));
    for (std::size_t i = 0; i < candidates.count(); ++i) {
        candidates.set_judgement(i, {});
        // An ICMP error is of the flow that it quotes: that one's source may be listed where its own is not.
        const bool needs = candidates.session(i) == nullptr || candidates.concerned(i) ||
                           (!candidates.plain(i) && may_send_inside(candidates, i));
        if (!needs || candidates.shed(i) || candidates.own_flow(i)) continue;
        keys[count] = candidates.key(i);
        const std::uint32_t source = keys[count].outside.host();
        listings[count] = listed.may_list(source) ? listed.find(source) : Listing();
        places[count++] = static_cast<std::uint8_t>(i);
    }
    if (count == 0) return;
    context_.classifier->judge(std::span(keys).first(count), listings, judgements);
    for (std::size_t i = 0; i < count; ++i) candidates.set_judgement(places[i], judgements[i]);
}

}  // namespace honeyswitch::dataplane
