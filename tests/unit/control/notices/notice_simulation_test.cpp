// Both ends of the notice protocol over a network that loses, repeats, reorders and corrupts, while hosts
// come and go and either end is killed and started again. Each seed is one reproducible history.
#include <algorithm>
#include <memory>
#include <queue>
#include <random>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "agent/report/reporter.hpp"
#include "control/notices/notice_server.hpp"
#include "tests/unit/fakes/remembered_reports.hpp"

namespace honeyswitch {
namespace {

using agent::DomainReport;

using namespace std::chrono_literals;

struct Weather {
    const char* name;
    double loss, duplication, corruption;
    Clock::duration longest_delay;
    double restarts;  ///< of either end, each second
};

class History {
  public:
    History(unsigned seed, const Weather& weather) : random_(seed), weather_(weather) {
        configured_[0].name = "agent";
        configured_[0].key.fill(7);
        configured_[0].grants = {*parse_prefix("10.0.0.0/8")};
        start_controller();
        start_agent();
    }

    void live(Clock::duration duration) {
        const auto end = now_ + duration;
        while (now_ < end && !failed()) step(end);
    }
    /// No more events but the weather's, until both ends agree and the agent knows it.
    [[nodiscard]] bool calm_down() {
        calm_ = true;
        const auto end = now_ + 120s;
        while (now_ < end && !failed()) {
            step(end);
            if (reporter_->in_step() && all_swept() && agree()) return true;
        }
        return false;
    }
    [[nodiscard]] bool agree() const {
        control::RememberedReports::Domains expected;
        for (const auto& domain : domains_) {
            const auto active = domain->active.addresses();
            expected[{control::AgentId{0}, domain->active.prefix()}] = {domain->swept,
                                                                        {active.begin(), active.end()}};
        }
        return expected == reports_->in_force();
    }
    /// Changes and states, since the agent was last started.
    [[nodiscard]] std::uint64_t acknowledged() const {
        return reporter_->counters().changes_acknowledged + reporter_->counters().states_acknowledged;
    }
    [[nodiscard]] bool failed() const { return !failure_.empty(); }
    [[nodiscard]] const std::string& failure() const { return failure_; }

  private:
    struct Delivery {
        Clock::time_point at;
        std::uint64_t order;
        bool to_controller;
        std::vector<std::uint8_t> datagram;
        bool operator>(const Delivery& other) const {
            return std::tie(at, order) > std::tie(other.at, other.order);
        }
    };

    double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
    std::uint32_t number(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

    void transmit(bool to_controller, Bytes datagram) {
        for (int copy = 0; copy < (chance() < weather_.duplication ? 3 : 1); ++copy) {
            if (chance() < weather_.loss) continue;
            std::vector<std::uint8_t> octets(datagram.begin(), datagram.end());
            if (chance() < weather_.corruption) {
                auto& octet = octets[number(static_cast<std::uint32_t>(octets.size()))];
                octet = static_cast<std::uint8_t>(octet ^ 1U << number(8));
            }
            if (chance() < weather_.corruption)
                octets.resize(number(static_cast<std::uint32_t>(octets.size()) + 1));
            const auto delay =
                std::chrono::duration_cast<Clock::duration>(weather_.longest_delay * chance() * chance());
            in_transit_.push({now_ + delay, ++order_, to_controller, std::move(octets)});
        }
    }

    void start_controller() {
        reports_ = std::make_unique<control::RememberedReports>();
        server_ = std::make_unique<control::NoticeServer>(
            configured_, *reports_, events_, 4s,
            [this](auto datagram, control::NoticePath) { transmit(false, datagram); });
    }
    /// Knows nothing yet; what is on the network it finds out bit by bit.
    void start_agent() {
        domains_.clear();
        std::vector<const DomainReport*> reports;
        for (const char* const prefix : {"10.1.0.0/28", "10.2.0.0/24", "10.3.0.0/18"}) {
            domains_.push_back(std::make_unique<DomainReport>(*parse_prefix(prefix)));
            reports.push_back(domains_.back().get());
        }
        const agent::Reporter::Identity identity{"agent", configured_[0].key, agent::random_octets<8>()};
        reporter_ = std::make_unique<agent::Reporter>(identity, reports,
                                                      [this](Bytes datagram) { transmit(true, datagram); });
    }

    void step(Clock::time_point end) {
        auto next = std::min({end, next_event_, reporter_->due(), next_tick_});
        if (!in_transit_.empty()) next = std::min(next, in_transit_.top().at);
        now_ = std::max(now_, next);
        const auto control_now = std::chrono::time_point_cast<Milliseconds>(now_);
        while (!in_transit_.empty() && in_transit_.top().at <= now_) {
            const auto delivery = in_transit_.top();
            in_transit_.pop();
            if (delivery.to_controller)
                server_->receive(delivery.datagram, {{{1}, 1}}, control_now);
            else
                reporter_->receive(delivery.datagram, now_);
        }
        if (next_event_ <= now_) happen();
        if (next_tick_ <= now_) next_tick_ = now_ + std::chrono::microseconds(1000 + number(10'000));
        const bool barrier = reports_->unsettled() && chance() < 0.5;
        if (barrier) reports_->settle();
        server_->tick(control_now);
        reporter_->flush(now_);
        // Only a barrier or an acknowledgement can make it untrue; the latter is also caught a little later.
        if (barrier || chance() < 0.05) check();
    }

    void happen() {
        next_event_ = now_ + std::chrono::duration_cast<Clock::duration>(100ms * chance());
        if (calm_) {
            for (std::size_t i = 0; i < domains_.size(); ++i) set_swept(i, true);
            return;
        }
        if (chance() < weather_.restarts / 20) start_controller();
        if (chance() < weather_.restarts / 20) start_agent();
        const auto index = number(3);
        const auto& prefix = domains_[index]->active.prefix();
        const auto burst = chance() < 0.05 ? 3000U : 1U + number(3);
        for (std::uint32_t i = 0; i < burst; ++i) {
            const Ipv4Address address{prefix.network.value +
                                      number(static_cast<std::uint32_t>(prefix.size()))};
            const bool active = chance() < 0.6 || !domains_[index]->swept;
            if (domains_[index]->active.set(address, active)) reporter_->note(index, address, now_);
        }
        if (chance() < 0.05) set_swept(index, chance() < 0.7);
    }
    void set_swept(std::size_t index, bool swept) {
        if (std::exchange(domains_[index]->swept, swept) != swept) reporter_->note_swept(index, now_);
    }
    [[nodiscard]] bool all_swept() const {
        return std::ranges::all_of(domains_, [](const auto& domain) { return domain->swept; });
    }

    /// What was acknowledged is in force: no packet for such an address is diverted.
    void check() {
        for (std::size_t i = 0; i < domains_.size(); ++i) {
            const auto key = std::pair(control::AgentId{0}, domains_[i]->active.prefix());
            const auto found = reports_->in_force().find(key);
            if (found == reports_->in_force().end() || !found->second.declared) continue;
            for (const auto address : domains_[i]->active.addresses()) {
                if (found->second.active.contains(address) || reporter_->domains()[i].awaits(address))
                    continue;
                failure_ = to_string(address) + " is acknowledged as active, yet diverted";
            }
        }
    }

    std::mt19937 random_;
    Weather weather_;
    std::array<control::Agent, 1> configured_;
    std::unique_ptr<control::RememberedReports> reports_;
    control::EventBus events_;
    std::unique_ptr<control::NoticeServer> server_;
    std::vector<std::unique_ptr<DomainReport>> domains_;
    std::unique_ptr<agent::Reporter> reporter_;
    std::priority_queue<Delivery, std::vector<Delivery>, std::greater<>> in_transit_;
    Clock::time_point now_{1h}, next_event_{1h}, next_tick_{1h};
    std::uint64_t order_ = 0;
    bool calm_ = false;
    std::string failure_;
};

class NoticeSimulation : public testing::TestWithParam<Weather> {};

TEST_P(NoticeSimulation, StatesAgreeInTheEndAndNoAcknowledgementIsUntrue) {
    spdlog::set_level(spdlog::level::off);
    const char* const wanted = std::getenv("SIMULATION_SEEDS");
    const unsigned seeds = wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : 25;
    std::uint64_t acknowledged = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        History history(seed, GetParam());
        history.live(20s);
        const bool calm = history.calm_down();
        history.live(5s);
        ASSERT_EQ(history.failure(), "") << "seed " << seed;
        ASSERT_TRUE(calm) << "seed " << seed << ": the ends never agree";
        ASSERT_TRUE(history.agree()) << "seed " << seed;
        acknowledged += history.acknowledged();
    }
    EXPECT_GT(acknowledged, seeds) << "hardly anything happened";
}

INSTANTIATE_TEST_SUITE_P(Weather, NoticeSimulation,
                         testing::Values(Weather{"Fair", 0, 0, 0, 1ms, 0.05},
                                         Weather{"Lossy", 0.3, 0, 0, 5ms, 0.05},
                                         Weather{"Repeating", 0.1, 0.5, 0, 60ms, 0.05},
                                         Weather{"Reordering", 0, 0.1, 0, 800ms, 0.1},
                                         Weather{"Corrupting", 0.1, 0.1, 0.2, 20ms, 0.05},
                                         Weather{"Stormy", 0.3, 0.3, 0.1, 300ms, 0.3}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace honeyswitch
