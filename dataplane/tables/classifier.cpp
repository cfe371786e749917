#include "dataplane/tables/classifier.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <rte_acl.h>
#include <rte_errno.h>

#include "dataplane/eal/burst.hpp"

namespace honeyswitch::dataplane {
namespace {

enum Field : unsigned {
    protocol_field,
    source_field,
    destination_field,
    source_port_field,
    destination_port_field,
    field_count
};
using AclRule = rte_acl_rule;
RTE_ACL_RULE_DEF(FullRule, field_count);

/// A SessionKey is what the ACL reads: addresses and ports lie in it in network byte order, as rte_acl wants
/// them.
constexpr std::array<rte_acl_field_def, field_count> field_definitions{{
    {RTE_ACL_FIELD_TYPE_BITMASK, sizeof(std::uint8_t), protocol_field, 0, offsetof(SessionKey, protocol)},
    {RTE_ACL_FIELD_TYPE_MASK, sizeof(std::uint32_t), source_field, 1, offsetof(SessionKey, outside)},
    {RTE_ACL_FIELD_TYPE_MASK, sizeof(std::uint32_t), destination_field, 2, offsetof(SessionKey, inside)},
    {RTE_ACL_FIELD_TYPE_RANGE, sizeof(std::uint16_t), source_port_field, 3,
     offsetof(SessionKey, outside_port)},
    {RTE_ACL_FIELD_TYPE_RANGE, sizeof(std::uint16_t), destination_port_field, 3,
     offsetof(SessionKey, inside_port)},
}};

/// What rules are asked at once: who decides, and which pool.
enum Category : unsigned { verdict_category, pool_category };
constexpr unsigned category_count = RTE_ACL_RESULTS_MULTIPLIER;

std::vector<Prefix> or_any(const std::vector<Prefix>& prefixes) {
    return prefixes.empty() ? std::vector<Prefix>{{}} : prefixes;
}

template <std::size_t bits>
void set_all_of(std::bitset<bits>& filter, Prefix prefix) {
    if (prefix.length <= 16) {
        filter.set();
        return;
    }
    const std::uint32_t first = prefix.network & 0xffffU;
    for (std::uint32_t i = 0; i <= prefix.host_mask(); ++i) filter.set(first + i);
}

/// By the upper half of addresses.
template <std::size_t bits>
void set_networks_of(std::bitset<bits>& filter, Prefix prefix) {
    const std::uint32_t last = (prefix.network | prefix.host_mask()) >> 16;
    for (std::uint32_t network = prefix.network >> 16; network <= last; ++network) filter.set(network);
}

bool in_ports(std::span<const PortInterval> ports, const SessionKey& key) {
    const std::uint16_t port = key.inside_port.host();
    return ports.empty() ||
           (key.kind == KeyKind::ports && std::ranges::any_of(ports, [port](const PortInterval& interval) {
                return interval.first <= port && port <= interval.last;
            }));
}

bool applies(const ClassifierList& list, const SessionKey& key) {
    return (!list.protocol || *list.protocol == key.protocol) && in_ports(list.ports, key);
}

}  // namespace

Classifier::Classifier(const ClassifierConfig& config, unsigned workers)
    : lists_(config.lists),
      workers_(workers),
      rule_count_(config.rules.size()),
      hits_(new std::atomic<std::uint64_t>[workers * rule_count_ + 1]()) {
    for (std::size_t i = 0; i < lists_.size(); ++i)
        if (lists_[i].used) (lists_[i].benign ? benign_lists_ : attacker_lists_) |= std::uint64_t{1} << i;
    auto campus = config.campus;
    std::ranges::sort(campus, {}, [](Prefix prefix) { return std::pair(prefix.network, prefix.length); });
    for (const Prefix prefix : campus)  // what contains one comes before it
        if (campus_.empty() || !campus_.back().contains(prefix)) campus_.push_back(prefix);
    for (const ClassifierRule& rule : config.rules) {
        rules_.push_back({rule.action, rule.pool});
        if (rule.action == ClassifierRule::Action::pool) continue;
        concerns_any_ = true;
        for (const Prefix destination : or_any(rule.destinations)) {
            set_all_of(concerned_, destination);
            if (rule.action == ClassifierRule::Action::divert) set_all_of(decoys_, destination);
            if (rule.action == ClassifierRule::Action::inside) set_all_of(let_in_, destination);
        }
        if (rule.action != ClassifierRule::Action::inside) continue;
        for (const Prefix source : or_any(rule.sources)) set_networks_of(let_in_from_, source);
    }
}

Classifier::~Classifier() {
    rte_acl_free(acl_);
}

std::expected<std::unique_ptr<Classifier>, Error> Classifier::build(const ClassifierConfig& config,
                                                                    unsigned workers) {
    std::unique_ptr<Classifier> classifier(new Classifier(config, workers));
    if (!config.rules.empty())
        if (auto built = classifier->build_acl(config); !built) return std::unexpected(built.error());
    return classifier;
}

std::expected<void, Error> Classifier::build_acl(const ClassifierConfig& config) {
    std::vector<FullRule> rules;
    const auto most = static_cast<std::int32_t>(config.rules.size());
    for (std::int32_t index = 0; const ClassifierRule& rule : config.rules) {
        FullRule full{};
        const bool for_pool = rule.action == ClassifierRule::Action::pool;
        full.data = {.category_mask = 1U << (for_pool ? pool_category : verdict_category),
                     .priority = most - index,
                     .userdata = static_cast<std::uint32_t>(index + 1)};
        full.field[protocol_field].value.u8 = rule.protocol.value_or(0);
        full.field[protocol_field].mask_range.u8 = rule.protocol ? 0xff : 0;
        full.field[source_port_field].mask_range.u16 = 0xffff;
        const std::vector<PortInterval> any_port{{}};
        for (const Prefix source : or_any(rule.sources))
            for (const Prefix destination : or_any(rule.destinations))
                for (const PortInterval ports : rule.ports.empty() ? any_port : rule.ports) {
                    full.field[source_field].value.u32 = source.network;
                    full.field[source_field].mask_range.u32 = source.length;
                    full.field[destination_field].value.u32 = destination.network;
                    full.field[destination_field].mask_range.u32 = destination.length;
                    full.field[destination_port_field].value.u16 = ports.first;
                    full.field[destination_port_field].mask_range.u16 = ports.last;
                    rules.push_back(full);
                }
        ++index;
    }

    static std::atomic<unsigned> contexts{0};
    const std::string name = "policy" + std::to_string(contexts.fetch_add(1));
    const rte_acl_param parameters{.name = name.c_str(),
                                   .socket_id = SOCKET_ID_ANY,
                                   .rule_size = RTE_ACL_RULE_SZ(field_count),
                                   .max_rule_num = static_cast<std::uint32_t>(rules.size())};
    acl_ = rte_acl_create(&parameters);
    if (acl_ == nullptr) return std::unexpected(Error{"make", "the policy's rules", rte_strerror(rte_errno)});
    int code = rte_acl_add_rules(acl_, reinterpret_cast<const AclRule*>(rules.data()),
                                 static_cast<std::uint32_t>(rules.size()));
    rte_acl_config build{};
    build.num_categories = category_count;
    build.num_fields = field_count;
    std::ranges::copy(field_definitions, build.defs);
    if (code == 0) code = rte_acl_build(acl_, &build);
    if (code != 0) return std::unexpected(Error{"build", "the policy's rules", rte_strerror(-code)});
    return {};
}

void Classifier::classify(std::span<const SessionKey> keys, std::span<Judgement> judgements) const {
    std::array<const std::uint8_t*, burst_size> places;
    std::array<std::uint32_t, std::size_t{burst_size} * category_count> results;
    for (std::size_t i = 0; i < keys.size(); ++i) places[i] = reinterpret_cast<const std::uint8_t*>(&keys[i]);
    rte_acl_classify(acl_, places.data(), results.data(), static_cast<std::uint32_t>(keys.size()),
                     category_count);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::uint32_t* const result = &results[i * category_count];
        Judgement& judgement = judgements[i];
        if (result[pool_category] != 0) {
            judgement.pool_rule = result[pool_category] - 1;
            judgement.pool = rules_[judgement.pool_rule].pool;
        }
        if (result[verdict_category] == 0) continue;
        judgement.rule = result[verdict_category] - 1;
        const Ruled& rule = rules_[judgement.rule];
        using Action = ClassifierRule::Action;
        judgement.verdict = rule.action == Action::inside ? Judgement::Verdict::inside
                            : rule.action == Action::drop ? Judgement::Verdict::drop
                                                          : Judgement::Verdict::divert;
        if (rule.action != Action::divert) continue;
        judgement.pool = rule.pool;
        judgement.pool_rule = Judgement::no_rule;
    }
}

void Classifier::judge(std::span<const SessionKey> keys, std::span<const Listing> listings,
                       std::span<Judgement> judgements) const {
    std::ranges::fill(judgements.first(keys.size()), Judgement{});
    if (acl_ != nullptr) classify(keys, judgements);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Judgement& judgement = judgements[i];
        if (listings[i].empty()) continue;
        if (benign(keys[i], listings[i])) {
            judgement = {.verdict = Judgement::Verdict::benign};
        } else if (judgement.verdict == Judgement::Verdict::none) {
            if (const ClassifierList* const list = attacker(keys[i], listings[i])) {
                judgement.verdict = Judgement::Verdict::divert;
                if (list->pool) judgement.pool_rule = Judgement::no_rule;
                judgement.pool = list->pool.value_or(judgement.pool);
            }
        }
        judgement.pool = listings[i].pool_for(judgement.pool);
    }
}

bool Classifier::benign(const SessionKey& key, Listing listing) const {
    for (std::uint64_t rest = listing.lists() & benign_lists_; rest != 0; rest &= rest - 1)
        if (applies(lists_[static_cast<std::size_t>(std::countr_zero(rest))], key)) return true;
    return false;
}

/// The first list of attackers that this packet's source is on and that is for such packets.
const ClassifierList* Classifier::attacker(const SessionKey& key, Listing listing) const {
    const ClassifierList* first = nullptr;
    for (std::uint64_t rest = listing.lists() & attacker_lists_; rest != 0; rest &= rest - 1) {
        const ClassifierList& list = lists_[static_cast<std::size_t>(std::countr_zero(rest))];
        if ((first == nullptr || list.rank < first->rank) && applies(list, key)) first = &list;
    }
    return first;
}

std::uint64_t Classifier::hits(std::uint32_t rule) const {
    std::uint64_t sum = 0;
    for (unsigned worker = 0; worker < workers_; ++worker)
        sum += hits_[worker * rule_count_ + rule].load(std::memory_order_relaxed);
    return sum;
}

}  // namespace honeyswitch::dataplane
