from demo.simulation.run import Result, simulate

__all__ = ["Result", "simulate"]
