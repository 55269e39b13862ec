"""What the system is measured with: a company of any size, and the measurements that need one."""
