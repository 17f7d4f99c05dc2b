SELECT EXISTS (SELECT FROM dispatcher WHERE seen_at > clock_timestamp() - %(alive)s::interval)
