// The packets of a burst whose destination's state does not say all: those that may belong to a session, or
// that rules and lists may have a word on.
//
// They are filled in as the burst goes through the stages: `take` or `add` brings the packets, find_sessions
// adds what they are and whose, Overload marks what it has dropped, Rules add what the policy says. A stage
// may read what the stages before it have filled in. What is asked of each packet lies in an array of its
// own, as tables are asked about all of them at once; what is true or false of each is a bit of a mask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/burst_mask.hpp"
#include "dataplane/stages/parse.hpp"
#include "dataplane/stages/rewrite.hpp"
#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/judgement.hpp"
#include "dataplane/tables/session.hpp"

namespace honeyswitch::dataplane {

/// What the operator's policy may have to say of the packets of a burst.
struct PolicyNotes {
    BurstMask concerned = 0;  ///< it may have a word on them
    BurstMask spared = 0;     ///< it may send them inside although their destination is inactive
};

/// Members of a Pipeline and never cleared as a whole: what nobody has filled in is of an earlier burst.
class Candidates {
  public:
    using Index = std::size_t;

    void clear() {
        count_ = 0;
        notes_ = {};
        shed_ = 0;
        own_flows_ = 0;
    }
    /// Of a burst from outside, those that are chosen; empties it first. `states`: of their destinations.
    void take(std::span<rte_mbuf* const> packets, const std::array<std::uint8_t, burst_size>& states,
              const PolicyNotes& notes, BurstMask chosen) {
        clear();
        notes_ = {of_chosen(notes.concerned, chosen), of_chosen(notes.spared, chosen)};
        for_each(chosen, [&](std::size_t i) { add(packets[i], states[i]); });
    }
    /// `state`: of its destination; 0 for what does not come from outside.
    void add(rte_mbuf* packet, std::uint8_t state = 0) {
        packets_[count_] = packet;
        states_[count_++] = state;
    }

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// Precondition: there is one.
    [[nodiscard]] BurstMask all() const { return whole_burst(count_); }

    // Since `take` or `add`

    [[nodiscard]] rte_mbuf* packet(Index i) const { return packets_[i]; }
    [[nodiscard]] std::span<rte_mbuf* const> packets() const { return std::span(packets_).first(count_); }
    /// The destination is active, or in no known domain.
    [[nodiscard]] bool active(Index i) const {
        return (states_[i] & (address_state::active | address_state::sighted)) != 0;
    }
    /// Likewise. Behind the last of them it may say anything.
    [[nodiscard]] BurstMask active() const {
        return having_any(states_, address_state::active | address_state::sighted);
    }
    /// The destination has the mark of its sessions, or is in a domain where no mark is kept. Likewise.
    [[nodiscard]] BurstMask may_have_sessions() const {
        return having_any(states_, address_state::sessions | address_state::unwatched);
    }
    [[nodiscard]] bool concerned(Index i) const { return has(notes_.concerned, i); }
    [[nodiscard]] BurstMask concerned() const { return notes_.concerned; }
    [[nodiscard]] BurstMask spared() const { return notes_.spared; }

    // Since find_sessions

    /// Its key was found by the short way: what only the long way tells is not there.
    [[nodiscard]] bool plain(Index i) const { return has(plain_, i); }
    [[nodiscard]] BurstMask unusual() const { return ~plain_ & all(); }
    /// False: its transport header is cut short, and it has no key.
    [[nodiscard]] bool valid(Index i) const { return plain(i) || views_[i].valid; }
    /// Precondition: it is not plain.
    [[nodiscard]] const SessionView& view(Index i) const { return views_[i]; }
    [[nodiscard]] const SessionKey& key(Index i) const { return keys_[i]; }
    /// What a new session would be called.
    [[nodiscard]] const SessionKey& own_key(Index i) const { return plain(i) ? keys_[i] : views_[i].own_key; }
    /// Of the key (SessionHash::wide).
    [[nodiscard]] std::uint64_t hash(Index i) const { return hashes_[i]; }
    /// nullptr: it has none.
    [[nodiscard]] Session* session(Index i) const { return sessions_[i]; }
    [[nodiscard]] std::uint8_t tag_count(Index i) const { return plain(i) ? 0 : l3_[i].tag_count; }
    [[nodiscard]] L3View l3(Index i) const {
        return plain(i) ? parse_l3(frame_of(packets_[i]), packets_[i]->pkt_len) : l3_[i];
    }
    [[nodiscard]] bool first_fragment(Index i) const { return !plain(i) && views_[i].first_fragment; }
    [[nodiscard]] bool following_fragment(Index i) const { return !plain(i) && views_[i].following_fragment; }
    [[nodiscard]] bool is_fragment(Index i) const { return first_fragment(i) || following_fragment(i); }
    /// 0 where the header is cut short.
    [[nodiscard]] std::uint8_t tcp_flags(Index i) const {
        if (!plain(i)) return views_[i].tcp_flags;
        constexpr std::size_t place = sizeof(EthernetHeader) + sizeof(Ipv4Header) + tcp_flag::offset;
        const auto frame = frame_of(packets_[i]);
        return frame.size() > place ? frame[place] : std::uint8_t{0};
    }

    // Since Overload has seen them

    /// It is gone.
    [[nodiscard]] bool shed(Index i) const { return has(shed_, i); }
    /// Those that are still there.
    [[nodiscard]] BurstMask left() const { return all() & ~shed_; }
    void set_shed(BurstMask dropped) { shed_ = dropped; }

    // Since Rules have judged them

    /// It is of concern, and of a flow in which its destination, which is active, has sent: it is judged by
    /// nothing else.
    [[nodiscard]] bool own_flow(Index i) const { return has(own_flows_, i); }
    void set_own_flows(BurstMask own) { own_flows_ = own; }
    [[nodiscard]] const Judgement& judgement(Index i) const { return judgements_[i]; }
    /// All that are judged are judged anew by this.
    void judge_none() {
        if (judged_) judgements_.fill({});
        judged_ = false;
    }
    void set_judgement(Index i, const Judgement& judgement) {
        judgements_[i] = judgement;
        judged_ = true;
    }

    // For find_sessions

    /// Finds out what each of them is: plain or not, and its key. Calls `then(i)` when the key of `i` is
    /// there.
    template <typename Then>
    void parse(From from, Then then) {
        BurstMask plain = 0;
        for (Index i = 0; i < count_; ++i) {
            const bool is_plain = parse_plain(frame_of(packets_[i]), packets_[i]->pkt_len, from, keys_[i]);
            plain |= BurstMask{is_plain} << i;
            if (!is_plain) [[unlikely]]
                parse_unusual(i, from);
            then(i);
        }
        plain_ = plain;
    }
    [[nodiscard]] std::span<const SessionKey> keys() const { return std::span(keys_).first(count_); }
    [[nodiscard]] std::span<std::uint64_t> hashes() { return std::span(hashes_).first(count_); }
    [[nodiscard]] std::span<Session*> sessions() { return std::span(sessions_).first(count_); }

  private:
    void parse_unusual(Index i, From from);

    std::size_t count_ = 0;
    BurstMask plain_ = 0;  ///< parse_plain was enough; `l3_` and `views_` are not set
    BurstMask shed_ = 0;
    BurstMask own_flows_ = 0;
    PolicyNotes notes_;
    bool judged_ = true;  ///< some of `judgements_` may say something
    std::array<rte_mbuf*, burst_size> packets_;
    std::array<std::uint8_t, burst_size> states_;
    std::array<L3View, burst_size> l3_;
    std::array<SessionView, burst_size> views_;
    std::array<SessionKey, burst_size> keys_;
    std::array<std::uint64_t, burst_size> hashes_;
    std::array<Session*, burst_size> sessions_;
    std::array<Judgement, burst_size> judgements_;
};

}  // namespace honeyswitch::dataplane
