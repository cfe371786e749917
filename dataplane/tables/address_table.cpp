#include "dataplane/tables/address_table.hpp"

#include <algorithm>
#include <numeric>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

using namespace address_state;

AddressTable::AddressTable(Capacity capacity, Quiescence& quiescence)
    : capacity_(capacity),
      quiescence_(quiescence),
      domains_(capacity.domains),
      unused_(capacity.domains),
      domain_sessions_(capacity.domains + 1),
      session_counts_(capacity.addresses + 1),
      extents_(1, capacity.addresses) {
    std::iota(unused_.rbegin(), unused_.rend(), 1U);
}

AddressTable::~AddressTable() {
    rte_lpm_free(lpm_);
    rte_ring_free(sightings_);
    rte_free(states_);
    rte_free(segments_);
    rte_free(sighting_credit_);
}

std::expected<std::unique_ptr<AddressTable>, Error> AddressTable::create(Capacity capacity,
                                                                         Quiescence& quiescence) {
    std::unique_ptr<AddressTable> table(new AddressTable(capacity, quiescence));
    if (auto done = table->allocate(); !done) return std::unexpected(done.error());
    return table;
}

std::expected<void, Error> AddressTable::allocate() {
    const auto failed = [](const char* what) {
        return std::unexpected(Error{"allocate", what, rte_strerror(rte_errno)});
    };
    states_ = allocate_array<State>("address states", capacity_.addresses + 1);
    segments_ = allocate_array<Segment>("segments", capacity_.domains + 1);
    sighting_credit_ = allocate_array<std::atomic<std::int64_t>>("sighting credit", 1);
    if (states_ == nullptr || segments_ == nullptr || sighting_credit_ == nullptr)
        return failed("the address states");
    sighting_credit_->store(capacity_.sightings);

    const auto ring_size = rte_align32pow2(capacity_.sightings + 1);
    sightings_ =
        rte_ring_create_elem("sightings", sizeof(std::uint32_t), ring_size, SOCKET_ID_ANY, RING_F_SC_DEQ);
    if (sightings_ == nullptr) return failed("the ring of sightings");

    const rte_lpm_config config{
        .max_rules = capacity_.domains + 1, .number_tbl8s = capacity_.domains + 1, .flags = 0};
    lpm_ = rte_lpm_create("domains", SOCKET_ID_ANY, &config);
    if (lpm_ == nullptr) return failed("the LPM of domains");
    rte_lpm_rcu_config rcu{};
    rcu.v = quiescence_.handle();
    rcu.mode = RTE_LPM_QSBR_MODE_DQ;
    if (rte_lpm_rcu_qsbr_add(lpm_, &rcu) != 0) return failed("the LPM's queue of deferred deletions");
    return {};
}

void AddressTable::lookup(std::span<const std::uint32_t> addresses, std::span<std::uint8_t> states) const {
    std::uint32_t next_hops[burst_size];
    rte_lpm_lookup_bulk(lpm_, addresses.data(), next_hops, static_cast<unsigned>(addresses.size()));
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const std::uint32_t hit = next_hops[i];
        const std::uint32_t index = (hit & RTE_LPM_LOOKUP_SUCCESS) != 0 ? hit & 0xffffffU : 0;
        const Segment& segment = segments_[index];
        const std::uint32_t place = segment.offset.load(std::memory_order_relaxed) +
                                    (addresses[i] & segment.mask.load(std::memory_order_relaxed));
        states[i] =
            states_[place].load(std::memory_order_relaxed) | segment.always.load(std::memory_order_relaxed);
    }
}

bool AddressTable::sight(std::uint32_t address) {
    const std::uint32_t index = most_specific(address);
    State& state = state_of(index, address);
    const std::uint8_t before = state.load(std::memory_order_relaxed);
    if ((before & quiet) != 0) state.fetch_and(static_cast<std::uint8_t>(~quiet), std::memory_order_relaxed);
    if (!has_states(index) || (before & (inside | sighted)) != 0) return true;

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

std::uint32_t AddressTable::most_specific(std::uint32_t address) const {
    std::uint32_t index = 0;
    return rte_lpm_lookup(lpm_, address, &index) == 0 ? index : 0;
}

/// A place for a new domain that nobody meets yet. Until its own word is in, it says "inside".
std::expected<std::uint32_t, Error> AddressTable::new_domain(Prefix prefix, DomainKind kind) {
    reclaim();
    if (unused_.empty())
        return std::unexpected(Error{"add", "a domain", "the capacity of domains is used up"});
    const std::uint32_t index = unused_.back();
    segments_[index].always.store(inside | unwatched, std::memory_order_relaxed);
    if (kind == DomainKind::known || has_states(domains_.covering(prefix)))
        if (auto given = give_states(index, prefix); !given) return std::unexpected(given.error());
    const int added = rte_lpm_add(lpm_, prefix.network, prefix.length, index);
    if (added != 0) {
        if (has_states(index))
            extents_.give_back(segments_[index].offset, static_cast<std::uint32_t>(prefix.size()));
        segments_[index].offset = segments_[index].mask = 0;
        domain_sessions_[index] = 0;
        return std::unexpected(Error{"add", "a domain", rte_strerror(-added)});
    }
    unused_.pop_back();
    domains_.insert(prefix, index);
    return index;
}

/// `part` is within both domains.
void AddressTable::copy_states(std::uint32_t from, Prefix part, std::uint32_t to) {
    if (!has_states(from)) return;
    const std::uint32_t source = segments_[from].offset + (part.network & segments_[from].mask);
    const std::uint32_t target = segments_[to].offset + (part.network & segments_[to].mask);
    for (std::uint64_t i = 0; i < part.size(); ++i) {
        const std::uint8_t state = states_[source + i].load(std::memory_order_relaxed);
        states_[target + i].store(state & static_cast<std::uint8_t>(~inside), std::memory_order_relaxed);
        session_counts_[target + i] = session_counts_[source + i];
    }
}

/// A domain's new states take over what its addresses already have elsewhere: sessions and sightings. The
/// most specific domain of each address knows best, so it is copied last.
std::expected<void, Error> AddressTable::give_states(std::uint32_t index, Prefix prefix) {
    const auto offset = extents_.take(prefix.size());
    if (!offset) return std::unexpected(Error{"add", "a domain", "the capacity of addresses is used up"});
    // `offset` before `mask` is harmless: without a mask a worker reads the first state of a segment that
    // says "inside".
    for (std::uint64_t i = 0; i < prefix.size(); ++i) {
        states_[*offset + i].store(0, std::memory_order_relaxed);
        session_counts_[*offset + i] = 0;
    }
    segments_[index].offset = *offset;
    segments_[index].mask = prefix.host_mask();

    if (const std::uint32_t around = domains_.covering(prefix); around != DomainTree::none)
        copy_states(around, prefix, index);
    for (const std::uint32_t inner : domains_.within(prefix))
        copy_states(inner, domains_.prefix(inner), index);
    const auto first = session_counts_.begin() + *offset;
    domain_sessions_[index] =
        std::accumulate(first, first + static_cast<std::ptrdiff_t>(prefix.size()), std::uint32_t{0});
    return {};
}

std::expected<void, Error> AddressTable::add_domain(Prefix prefix, DomainKind kind,
                                                    std::span<const std::uint32_t> active) {
    if (prefix.length == 0)
        return std::unexpected(Error{"add", "the domain 0.0.0.0/0", "the whole Internet is no domain"});
    std::uint32_t index = domains_.find(prefix);
    if (index == DomainTree::none) {
        const auto created = new_domain(prefix, kind);
        if (!created) return std::unexpected(created.error());
        index = *created;
    }
    const bool needs_states = kind == DomainKind::known || has_states(domains_.parent(index));
    if (needs_states && !has_states(index))
        if (auto given = give_states(index, prefix); !given) return given;
    if (needs_states)
        for (const std::uint32_t address : active) set_active(address, true);
    const std::uint8_t always = kind == DomainKind::known ? 0 : inside | unwatched;
    segments_[index].always.store(always, std::memory_order_release);
    return {};
}

void AddressTable::remove_domain(Prefix prefix) {
    const std::uint32_t index = domains_.find(prefix);
    if (index == DomainTree::none) return;
    rte_lpm_delete(lpm_, prefix.network, prefix.length);
    domains_.erase(index);
    domain_sessions_[index] = 0;
    const auto addresses = has_states(index) ? static_cast<std::uint32_t>(prefix.size()) : 0;
    retired_.push_back({index, addresses, quiescence_.start()});
}

void AddressTable::reclaim() {
    for (; !retired_.empty() && quiescence_.passed(retired_.front().token); retired_.pop_front()) {
        const Retired retired = retired_.front();
        Segment& segment = segments_[retired.index];
        if (retired.addresses != 0) extents_.give_back(segment.offset, retired.addresses);
        segment.offset = segment.mask = 0;
        unused_.push_back(retired.index);
    }
}

template <typename Visit>
void AddressTable::for_each_state(std::uint32_t address, Visit visit) {
    for (std::uint32_t index = most_specific(address); index != 0; index = domains_.parent(index)) {
        if (!has_states(index)) continue;
        const std::uint32_t place = segments_[index].offset + (address & segments_[index].mask);
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

void AddressTable::set_active(std::uint32_t address, bool active) {
    if (active)
        set_bits(address, inside);
    else
        clear_bits(address, inside);
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

void AddressTable::ask_sighted(std::uint32_t address) {
    const std::uint32_t index = most_specific(address);
    if (has_states(index)) state_of(index, address).fetch_or(quiet, std::memory_order_relaxed);
}

bool AddressTable::end_sighting(std::uint32_t address, bool alone) {
    const std::uint32_t index = most_specific(address);
    const auto rest = static_cast<std::uint8_t>(~(sighted | quiet | (alone ? inside : 0)));
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
