// Grace periods: when no worker can still be reading what was taken out of a table (rte_rcu_qsbr).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include <rte_rcu_qsbr.h>

#include "base/error.hpp"

namespace honeyswitch::dataplane {

/// Workers report a quiescent state at the end of each round of their loop; the control thread asks for grace
/// periods.
class Quiescence {
  public:
    using Barrier = std::uint64_t;

    [[nodiscard]] static std::expected<Quiescence, Error> create(unsigned workers);

    /// Control thread: names this moment.
    [[nodiscard]] Barrier start() { return rte_rcu_qsbr_start(qsbr_.get()); }
    /// Any thread, never waits: true once every worker has been quiescent since `barrier` was started.
    /// Workers that are not running are not waited for.
    [[nodiscard]] bool reached(Barrier barrier) const {
        return rte_rcu_qsbr_check(qsbr_.get(), barrier, false) == 1;
    }
    /// Any thread, never waits: each of so many workers runs, and has begun and ended a round since `barrier`
    /// was started. One that came online since then counts without having done so.
    [[nodiscard]] bool passed_by_all(unsigned workers, Barrier barrier) const {
        for (unsigned worker = 0; worker < workers; ++worker)
            if (__atomic_load_n(&qsbr_->qsbr_cnt[worker].cnt, __ATOMIC_ACQUIRE) < barrier) return false;
        return true;
    }

    /// The worker with this index, before and after its loop.
    void online(unsigned worker);
    void offline(unsigned worker);
    /// A worker at the start of its round. Whatever was handed to it before a grace period began is there by
    /// now if this shows the grace period.
    [[nodiscard]] Barrier begun() const { return __atomic_load_n(&qsbr_->token, __ATOMIC_ACQUIRE); }
    /// The worker with this index at the end of that round: it holds no reference into any table, and has
    /// done all that was handed to it before `begun`. (rte_rcu_qsbr_quiescent would report by the token of
    /// this moment, which may belong to a grace period that began behind the worker's back, in the middle of
    /// its round.)
    void quiescent(unsigned worker, Barrier begun) {
        __atomic_store_n(&qsbr_->qsbr_cnt[worker].cnt, begun, __ATOMIC_RELEASE);
    }

    [[nodiscard]] rte_rcu_qsbr* handle() const { return qsbr_.get(); }

  private:
    struct Free {
        void operator()(rte_rcu_qsbr* qsbr) const;
    };
    explicit Quiescence(rte_rcu_qsbr* qsbr) : qsbr_(qsbr) {}

    std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
};

}  // namespace honeyswitch::dataplane
