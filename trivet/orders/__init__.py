"""What was promised to whom, with money frozen as sold and status derived from facts."""
