// The operator's policy as workers read it: rules (rte_acl) and what each list of sources is for. Built as a
// whole off the workers' way, never changed, and swapped as a whole.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <expected>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/judgement.hpp"
#include "dataplane/tables/pool_table.hpp"
#include "dataplane/tables/source_table.hpp"

struct rte_acl_ctx;

namespace honeyswitch::dataplane {

struct PortInterval {
    std::uint16_t first = 0, last = 65'535;  ///< host byte order, both included
};

/// A rule, in all its combinations of addresses and ports.
struct ClassifierRule {
    enum class Action : std::uint8_t { inside, drop, divert, pool };
    std::vector<Prefix> sources{}, destinations{};  ///< empty: any
    std::optional<std::uint8_t> protocol{};         ///< none: any
    std::vector<PortInterval> ports{};              ///< of the destination; empty: any
    Action action = Action::inside;
    PoolIndex pool = 0;  ///< of `divert` and `pool`
};

/// What being on a list means for a source's packets.
struct ClassifierList {
    bool used = true;                        ///< false: its number is nobody's
    bool benign = false;                     ///< never diverted; otherwise diverted wherever they go
    std::optional<std::uint8_t> protocol{};  ///< only packets of this protocol
    std::vector<PortInterval> ports{};       ///< only packets to these; empty: any
    std::optional<PoolIndex> pool{};
    std::uint8_t rank = 0;  ///< of lists that apply to one packet, that of the lowest chooses the pool
};

struct ClassifierConfig {
    std::vector<ClassifierRule> rules{};  ///< in order: the first that matches counts
    std::vector<ClassifierList> lists{};  ///< by their bit in a Listing: at most Listing::most_lists
    std::vector<Prefix> campus{};         ///< nothing of a honeypot goes there
};

class Classifier {
  public:
    /// May take seconds for thousands of rules. Any thread. Errors: DPDK's reason.
    [[nodiscard]] static std::expected<std::unique_ptr<Classifier>, Error> build(
        const ClassifierConfig& config, unsigned workers);
    ~Classifier();
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;

    // Any thread

    /// Some rule has a word on packets to this destination (host byte order), even if it is active. May be
    /// wrong in the harmless direction.
    [[nodiscard]] bool concerns(std::uint32_t destination) const {
        return concerned_.test(destination & 0xffffU);
    }
    /// Whether `concerns` is ever true.
    [[nodiscard]] bool concerns_any() const { return concerns_any_; }
    /// `concerns` because of a rule that diverts: the destination may be a decoy.
    [[nodiscard]] bool may_be_decoy(std::uint32_t destination) const {
        return decoys_.test(destination & 0xffffU);
    }

    /// Some rule may send packets from here to there inside (host byte order). May be wrong in the harmless
    /// direction.
    [[nodiscard]] bool may_send_inside(std::uint32_t source, std::uint32_t destination) const {
        return let_in_.test(destination & 0xffffU) && let_in_from_.test(source >> 16);
    }

    /// What rules and lists say of each packet. `listings`: of their sources. At most `burst_size` keys.
    void judge(std::span<const SessionKey> keys, std::span<const Listing> listings,
               std::span<Judgement> judgements) const;
    /// Whether a list says that such a packet is never diverted.
    [[nodiscard]] bool benign(const SessionKey& key, Listing listing) const;

    [[nodiscard]] bool has_rules() const { return acl_ != nullptr; }
    /// Nothing of a honeypot goes to this address (host byte order).
    [[nodiscard]] bool on_campus(std::uint32_t address) const {
        const auto after = std::ranges::upper_bound(campus_, address, {}, &Prefix::network);
        return after != campus_.begin() && std::prev(after)->contains({address, 32});
    }

    /// Worker `worker` has followed this rule.
    void hit(unsigned worker, std::uint32_t rule) const {
        auto& hits = hits_[worker * rule_count_ + rule];
        hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t hits(std::uint32_t rule) const;

  private:
    struct Ruled {
        ClassifierRule::Action action;
        PoolIndex pool;
    };
    using Filter = std::bitset<65'536>;

    Classifier(const ClassifierConfig& config, unsigned workers);
    [[nodiscard]] std::expected<void, Error> build_acl(const ClassifierConfig& config);
    void classify(std::span<const SessionKey> keys, std::span<Judgement> judgements) const;
    [[nodiscard]] const ClassifierList* attacker(const SessionKey& key, Listing listing) const;

    rte_acl_ctx* acl_ = nullptr;  ///< null: no rules
    std::vector<Ruled> rules_;
    std::vector<ClassifierList> lists_;                    ///< by number
    std::uint64_t benign_lists_ = 0, attacker_lists_ = 0;  ///< their bits
    std::vector<Prefix> campus_;                           ///< in order, none within another
    Filter concerned_, decoys_, let_in_;  ///< by the lower half of the destination: exact for one /16
    Filter let_in_from_;                  ///< by the upper half of the source
    bool concerns_any_ = false;
    unsigned workers_;
    std::size_t rule_count_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> hits_;  ///< by worker and rule
};

/// Where the workers find the policy in force. The control thread swaps it and frees the old one after a
/// grace period.
class CurrentClassifier {
  public:
    [[nodiscard]] const Classifier& get() const { return *classifier_.load(std::memory_order_acquire); }
    [[nodiscard]] std::unique_ptr<const Classifier> swap(std::unique_ptr<const Classifier> classifier) {
        return std::unique_ptr<const Classifier>(
            classifier_.exchange(classifier.release(), std::memory_order_acq_rel));
    }
    CurrentClassifier() = default;
    ~CurrentClassifier() { delete classifier_.load(); }
    CurrentClassifier(const CurrentClassifier&) = delete;
    CurrentClassifier& operator=(const CurrentClassifier&) = delete;

  private:
    std::atomic<const Classifier*> classifier_{nullptr};
};

}  // namespace honeyswitch::dataplane
