#include "dataplane/tables/address_table.hpp"

#include <algorithm>
#include <numeric>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

using namespace address_state;

namespace {

/// Of a domain that nothing is known of, and of what is in no domain.
constexpr std::uint8_t unknown = address_state::active | unwatched;

}  // namespace

AddressTable::AddressTable(Capacity capacity, Quiescence& quiescence, DomainMap map)
    : capacity_(capacity),
      quiescence_(quiescence),
      map_(std::move(map)),
      places_(capacity.domains + 1),
      domains_(capacity.domains),
      unused_(capacity.domains),
      domain_sessions_(capacity.domains + 1),
      session_counts_(capacity.addresses + 1),
      extents_(1, capacity.addresses) {
    std::iota(unused_.rbegin(), unused_.rend(), 1U);
}

AddressTable::~AddressTable() {
    rte_ring_free(sightings_);
    rte_free(states_);
    rte_free(segments_);
    rte_free(sighting_credit_);
}

std::expected<std::unique_ptr<AddressTable>, Error> AddressTable::create(Capacity capacity,
                                                                         Quiescence& quiescence) {
    if (capacity.addresses > most_addresses)
        return std::unexpected(
            Error{"allocate", "the address states", "there can be no more than 16,777,216"});
    auto map = DomainMap::create(capacity.domains);
    if (!map) return std::unexpected(map.error());
    std::unique_ptr<AddressTable> table(new AddressTable(capacity, quiescence, std::move(*map)));
    if (auto done = table->allocate(); !done) return std::unexpected(done.error());
    return table;
}

std::expected<void, Error> AddressTable::allocate() {
    const auto failed = [](const char* what) {
        return std::unexpected(Error{"allocate", what, rte_strerror(rte_errno)});
    };
    states_ = allocate_array<State>("address states", capacity_.addresses + 1);
    segments_ = allocate_array<std::atomic<std::uint64_t>>("segments", capacity_.domains + 1);
    sighting_credit_ = allocate_array<std::atomic<std::int64_t>>("sighting credit", 1);
    if (states_ == nullptr || segments_ == nullptr || sighting_credit_ == nullptr)
        return failed("the address states");
    sighting_credit_->store(capacity_.sightings);
    for (std::uint32_t i = 0; i <= capacity_.domains; ++i) publish(i, unknown);

    const auto ring_size = rte_align32pow2(capacity_.sightings + 1);
    sightings_ =
        rte_ring_create_elem("sightings", sizeof(std::uint32_t), ring_size, SOCKET_ID_ANY, RING_F_SC_DEQ);
    if (sightings_ == nullptr) return failed("the ring of sightings");
    return {};
}

void AddressTable::lookup(std::span<const std::uint32_t> addresses, std::span<std::uint8_t> states) const {
    DomainMap::Index domains[burst_size];
    map_.find(addresses, domains);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const Segment its = segment(domains[i]);
        states[i] = states_[its.place_of(addresses[i])].load(std::memory_order_relaxed) | its.always();
    }
}

bool AddressTable::sight(std::uint32_t address) {
    const Segment its = segment(most_specific(address));
    if (!its.has_states()) return true;
    State& state = states_[its.place_of(address)];
    const std::uint8_t before = state.load(std::memory_order_relaxed);
    if ((before & quiet) != 0) state.fetch_and(static_cast<std::uint8_t>(~quiet), std::memory_order_relaxed);
    if ((before & (address_state::active | sighted)) != 0) return true;

    if (sighting_credit_->fetch_sub(1, std::memory_order_relaxed) <= 0) {
        sighting_credit_->fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    const bool another_was_first = (state.fetch_or(sighted, std::memory_order_relaxed) & sighted) != 0;
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with that of is_sighted
    if (another_was_first) {
        sighting_credit_->fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    // Cannot fail: the ring holds as many as there is credit.
    (void)rte_ring_enqueue_elem(sightings_, &address, sizeof address);
    return true;
}

/// A place for a new domain that nobody meets yet.
std::expected<std::uint32_t, Error> AddressTable::new_domain(Prefix prefix) {
    reclaim();
    if (unused_.empty())
        return std::unexpected(Error{"add", "a domain", "the capacity of domains is used up"});
    const std::uint32_t index = unused_.back();
    places_[index] = {.prefix = prefix};
    return index;
}

void AddressTable::publish(std::uint32_t index, std::uint8_t always) {
    const Place& place = places_[index];
    const std::uint32_t host_mask = place.offset == 0 ? 0 : place.prefix.host_mask();
    segments_[index].store(Segment(place.offset, host_mask, always).word(), std::memory_order_release);
}

/// Domains that have a word on addresses of this prefix, the most specific last: for each address that knows
/// best. The domain of the prefix itself is none of them.
std::vector<std::uint32_t> AddressTable::overlapping(Prefix prefix) const {
    auto others = domains_.within(prefix);
    if (const std::uint32_t around = domains_.covering(prefix); around != DomainTree::none)
        others.insert(others.begin(), around);
    return others;
}

template <typename Visit>
void AddressTable::for_each_common(std::uint32_t one, std::uint32_t other, Visit visit) {
    if (!has_states(one) || !has_states(other)) return;
    const Prefix part = places_[one].prefix.length > places_[other].prefix.length ? places_[one].prefix
                                                                                  : places_[other].prefix;
    const std::uint32_t first = place_of(one, part.network), second = place_of(other, part.network);
    for (std::uint32_t i = 0; i < part.size(); ++i) visit(first + i, second + i);
}

void AddressTable::copy_states(std::uint32_t from, std::uint32_t to) {
    for_each_common(from, to, [this](std::uint32_t source, std::uint32_t target) {
        const std::uint8_t state = states_[source].load(std::memory_order_relaxed);
        states_[target].store(state & static_cast<std::uint8_t>(~address_state::active),
                              std::memory_order_relaxed);
        session_counts_[target] = session_counts_[source];
    });
}

/// A host that has spoken between the copy and the moment at which workers met it was noted elsewhere.
void AddressTable::copy_late_sightings(std::uint32_t to) {
    for (const std::uint32_t from : overlapping(places_[to].prefix))
        for_each_common(from, to, [this](std::uint32_t source, std::uint32_t target) {
            if ((states_[source].load(std::memory_order_relaxed) & sighted) != 0)
                states_[target].fetch_or(sighted, std::memory_order_relaxed);
        });
}

/// A domain's new states take over what its addresses already have elsewhere: sessions and sightings. No
/// worker looks at them before `publish`.
std::expected<void, Error> AddressTable::give_states(std::uint32_t index) {
    const Prefix prefix = places_[index].prefix;
    const auto offset = extents_.take(prefix.size());
    if (!offset) return std::unexpected(Error{"add", "a domain", "the capacity of addresses is used up"});
    for (std::uint64_t i = 0; i < prefix.size(); ++i) {
        states_[*offset + i].store(0, std::memory_order_relaxed);
        session_counts_[*offset + i] = 0;
    }
    places_[index].offset = *offset;
    for (const std::uint32_t other : overlapping(prefix)) copy_states(other, index);
    const auto first = session_counts_.begin() + *offset;
    domain_sessions_[index] =
        std::accumulate(first, first + static_cast<std::ptrdiff_t>(prefix.size()), std::uint32_t{0});
    return {};
}

void AddressTable::take_states(std::uint32_t index) {
    Place& place = places_[index];
    if (place.offset != 0) extents_.give_back(place.offset, static_cast<std::uint32_t>(place.prefix.size()));
    place.offset = 0;
    domain_sessions_[index] = 0;
}

/// To all workers, with a state of its own for each address or without. Nobody is turned away by it yet.
void AddressTable::introduce(std::uint32_t index) {
    publish(index, unknown);
    const Prefix prefix = places_[index].prefix;
    unused_.pop_back();
    domains_.insert(prefix, index);
    map_.insert(prefix, domains_.parent(index), index);
}

std::expected<void, Error> AddressTable::add_domain(Prefix prefix, DomainKind kind,
                                                    std::span<const std::uint32_t> active_addresses) {
    if (prefix.length == 0)
        return std::unexpected(Error{"add", "the domain 0.0.0.0/0", "the whole Internet is no domain"});
    if (prefix.network == 0)
        return std::unexpected(
            Error{"add", "a domain around 0.0.0.0", "frames without IPv4 are looked up as it"});
    std::uint32_t index = domains_.find(prefix);
    const bool is_new = index == DomainTree::none;
    if (is_new) {
        auto created = new_domain(prefix);
        if (!created) return std::unexpected(created.error());
        index = *created;
    }
    const bool needs_states =
        kind == DomainKind::known || has_states(is_new ? domains_.covering(prefix) : domains_.parent(index));
    const bool gets_states = needs_states && !has_states(index);
    if (gets_states)
        if (auto given = give_states(index); !given) return given;
    if (is_new) introduce(index);
    if (needs_states)
        for (const std::uint32_t address : active_addresses) set_active(address, true);
    publish(index, kind == DomainKind::known ? 0 : unknown);
    if (gets_states) copy_late_sightings(index);
    return {};
}

std::expected<void, Error> AddressTable::keep_states(Prefix prefix) {
    const std::uint32_t index = domains_.find(prefix);
    if (index == DomainTree::none || has_states(index)) return {};
    if (auto given = give_states(index); !given) return given;
    publish(index, segment(index).always());
    copy_late_sightings(index);
    return {};
}

void AddressTable::remove_domain(Prefix prefix) {
    const std::uint32_t index = domains_.find(prefix);
    if (index == DomainTree::none) return;
    const std::uint32_t group = map_.erase(prefix, domains_.parent(index), index);
    domains_.erase(index);
    domain_sessions_[index] = 0;
    retired_.push_back({index, group, quiescence_.start()});
}

void AddressTable::reclaim() {
    for (; !retired_.empty() && quiescence_.reached(retired_.front().barrier); retired_.pop_front()) {
        const std::uint32_t index = retired_.front().index;
        take_states(index);
        publish(index, unknown);
        map_.give_back(retired_.front().group);
        unused_.push_back(index);
    }
}

template <typename Visit>
void AddressTable::for_each_state(std::uint32_t address, Visit visit) {
    for (std::uint32_t index = most_specific(address); index != 0; index = domains_.parent(index)) {
        if (!has_states(index)) continue;
        const std::uint32_t place = place_of(index, address);
        visit(index, states_[place], session_counts_[place]);
    }
}

void AddressTable::set_bits(std::uint32_t address, std::uint8_t bits) {
    for_each_state(address, [bits](std::uint32_t, State& state, std::uint32_t&) {
        state.fetch_or(bits, std::memory_order_release);
    });
}

void AddressTable::clear_bits(std::uint32_t address, std::uint8_t bits) {
    const auto rest = static_cast<std::uint8_t>(~bits);
    for_each_state(address, [rest](std::uint32_t, State& state, std::uint32_t&) {
        state.fetch_and(rest, std::memory_order_release);
    });
}

void AddressTable::set_active(std::uint32_t address, bool is_active) {
    if (is_active)
        set_bits(address, address_state::active);
    else
        clear_bits(address, address_state::active);
}

void AddressTable::session_added(std::uint32_t destination) {
    for_each_state(destination, [this](std::uint32_t domain, State& state, std::uint32_t& count) {
        ++domain_sessions_[domain];
        if (count++ == 0) state.fetch_or(sessions, std::memory_order_release);
    });
}

void AddressTable::session_removed(std::uint32_t destination) {
    for_each_state(destination, [this](std::uint32_t domain, State& state, std::uint32_t& count) {
        if (count == 0) return;
        --domain_sessions_[domain];
        --count;
        if (count == 0) state.fetch_and(static_cast<std::uint8_t>(~sessions), std::memory_order_release);
    });
}

bool AddressTable::is_sighted(std::uint32_t address) const {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const std::uint32_t index = most_specific(address);
    return has_states(index) && (state_of(index, address).load(std::memory_order_relaxed) & sighted) != 0;
}

std::size_t AddressTable::take_sightings(std::span<std::uint32_t> addresses) {
    return rte_ring_dequeue_burst_elem(sightings_, addresses.data(), sizeof(std::uint32_t),
                                       static_cast<unsigned>(addresses.size()), nullptr);
}

bool AddressTable::restore_sighting(std::uint32_t address, bool asked) {
    const std::uint32_t index = most_specific(address);
    if (!has_states(index)) return false;
    State& state = state_of(index, address);
    if ((state.load(std::memory_order_relaxed) & sighted) == 0) {
        if (sighting_credit_->fetch_sub(1, std::memory_order_relaxed) <= 0) {
            sighting_credit_->fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        if ((state.fetch_or(sighted, std::memory_order_relaxed) & sighted) != 0)
            sighting_credit_->fetch_add(1, std::memory_order_relaxed);  // a worker was first
        else
            (void)rte_ring_enqueue_elem(sightings_, &address, sizeof address);  // has room, as in `sight`
    }
    if (asked) state.fetch_or(quiet, std::memory_order_relaxed);
    return true;
}

void AddressTable::ask_sighted(std::uint32_t address) {
    const std::uint32_t index = most_specific(address);
    if (has_states(index)) state_of(index, address).fetch_or(quiet, std::memory_order_relaxed);
}

bool AddressTable::end_sighting(std::uint32_t address, bool alone) {
    const std::uint32_t index = most_specific(address);
    const auto rest = static_cast<std::uint8_t>(~(sighted | quiet | (alone ? address_state::active : 0)));
    const State* own = nullptr;
    if (has_states(index)) {
        State& state = state_of(index, address);
        own = &state;
        // In one step: a worker that hears the host meanwhile either renews the sighting or begins a new one.
        std::uint8_t before = state.load(std::memory_order_relaxed);
        do
            if ((before & quiet) == 0) return false;
        while (!state.compare_exchange_weak(before, before & rest, std::memory_order_release,
                                            std::memory_order_relaxed));
    }
    for_each_state(address, [&](std::uint32_t, State& state, std::uint32_t&) {
        if (&state != own) state.fetch_and(rest, std::memory_order_release);
    });
    sighting_credit_->fetch_add(1, std::memory_order_relaxed);
    return true;
}

}  // namespace honeyswitch::dataplane
