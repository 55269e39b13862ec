"""Pages of shipping: the queue, picking and packing, shipments, and the carriers' webhook."""
