#include "dataplane/eal/quiescence.hpp"

#include <rte_errno.h>
#include <rte_malloc.h>

namespace honeyswitch::dataplane {

void Quiescence::Free::operator()(rte_rcu_qsbr* qsbr) const {
    rte_free(qsbr);
}

std::expected<Quiescence, Error> Quiescence::create(unsigned workers) {
    const std::size_t size = rte_rcu_qsbr_get_memsize(workers);
    auto* const qsbr = static_cast<rte_rcu_qsbr*>(rte_zmalloc("quiescence", size, RTE_CACHE_LINE_SIZE));
    if (qsbr == nullptr)
        return std::unexpected(Error{"allocate", "the quiescent state variable", "out of memory"});
    Quiescence result(qsbr);
    if (rte_rcu_qsbr_init(qsbr, workers) != 0)
        return std::unexpected(Error{"initialise", "the quiescent state variable", rte_strerror(rte_errno)});
    return result;
}

void Quiescence::online(unsigned worker) {
    rte_rcu_qsbr_thread_register(qsbr_.get(), worker);
    rte_rcu_qsbr_thread_online(qsbr_.get(), worker);
}

void Quiescence::offline(unsigned worker) {
    rte_rcu_qsbr_thread_offline(qsbr_.get(), worker);
    rte_rcu_qsbr_thread_unregister(qsbr_.get(), worker);
}

}  // namespace honeyswitch::dataplane
