// To the honeypots, alone: given this session, or none, expect this honeypot and this memory of it.
#include "dataplane/stages/diversion.hpp"

#include "dataplane/stages/find_sessions.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class ToHoneypots : public SwitchFixture {
  protected:
    void come(const Frame& frame) {
        candidates_.clear();
        candidates_.add(arrived(frame), address_state::sessions);
        find_sessions(candidates_, *sessions_, From::outside);
        candidates_.judge_none();
    }
    Outcome to_session(const Frame& frame) {
        come(frame);
        diversion_.to_session(0);
        transmitter_->flush();
        return collect();
    }
    Outcome without_session(const Frame& frame) {
        come(frame);
        diversion_.without_session(0, Counter::outside_to_honeypot_handshake);
        transmitter_->flush();
        return collect();
    }
    [[nodiscard]] std::optional<PendingFlow> pending() const {
        return pending_->find(sessions_->hash(key_of(decoy)), context_.now);
    }

    StageContext context_ = context();
    Candidates candidates_;
    Diversion diversion_{context_, candidates_};
};

TEST_F(ToHoneypots, ASessionsPacketsAreCountedForIt) {
    const auto index = add_session(key_of(decoy), {});
    const auto [end, frame] = to_session(to(decoy).vlan(7));
    EXPECT_EQ(end, End::honeypot);
    EXPECT_EQ(frame, to(decoy).between(upstream_mac, honeypot_mac).bytes());
    const Session& session = sessions_->at(index);
    EXPECT_EQ(session.packets_in, 1U);
    EXPECT_EQ(session.bytes_in, 58U);
    EXPECT_EQ(session.last_seen, context_.now);
    EXPECT_EQ(sessions_->way_back(session).tag_count, 1);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_session), 1U);
    EXPECT_EQ(pending(), std::nullopt);
}

TEST_F(ToHoneypots, AFrameThatCameInPiecesKeepsThemAll) {
    const auto index = add_session(key_of(decoy), {});
    const auto [end, frame] = to_session(to(decoy).payload(9'000).vlan(7));
    EXPECT_EQ(end, End::honeypot);
    EXPECT_EQ(frame, to(decoy).payload(9'000).between(upstream_mac, honeypot_mac).bytes());
    EXPECT_EQ(sessions_->at(index).bytes_in, 9'058U);
}

TEST_F(ToHoneypots, WithoutASessionTheFlowIsRemembered) {
    EXPECT_EQ(without_session(to(decoy)).end, End::honeypot);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_handshake), 1U);
    ASSERT_TRUE(pending());
    EXPECT_EQ(pending()->honeypot, 0);
    EXPECT_FALSE(pending()->answered);
    EXPECT_EQ(tally_->total(Step::first_packet), 1U);
    (void)without_session(to(decoy));
    EXPECT_EQ(tally_->total(Step::first_packet), 1U) << "it is the same flow";
}

TEST_F(ToHoneypots, AFlowStaysWhereItHasBegun) {
    const auto other = mac("02:00:00:00:00:ab");
    honeypots_.set(1, {other, 0, 0});
    (void)without_session(to(decoy));
    set_pool(0, {1});
    EXPECT_EQ(without_session(to(decoy)).frame, to(decoy).between(upstream_mac, honeypot_mac).bytes());
    honeypots_.unset(0, false);
    EXPECT_EQ(without_session(to(decoy)).frame, to(decoy).between(upstream_mac, other).bytes())
        << "as long as that is in service";
}

TEST_F(ToHoneypots, WhereThereIsNoneThePoolSaysWhatBecomesOfIt) {
    set_pool(0, {});
    EXPECT_EQ(without_session(to(decoy)).end, End::inside);
    set_pool(0, {}, true);
    EXPECT_EQ(without_session(to(decoy)).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_to_inside_no_honeypot), 1U);
    EXPECT_EQ(counted(Counter::outside_dropped_no_honeypot), 1U);
    add_session(key_of(decoy));
    honeypots_.unset(0, true);
    EXPECT_EQ(to_session(to(decoy)).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_no_honeypot), 2U);
}

TEST_F(ToHoneypots, WithoutTheControlThreadASessionIsStillItsOwn) {
    const auto index = add_session(key_of(decoy));
    come(to(decoy));
    diversion_.without_control(0);
    come(to("10.1.0.33"));
    diversion_.without_control(0);
    transmitter_->flush();
    EXPECT_EQ(ended(End::honeypot), 2U);
    EXPECT_EQ(sessions_->at(index).packets_in, 1U);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_no_session), 1U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
