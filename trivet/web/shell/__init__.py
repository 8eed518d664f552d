"""The frame around every desk: navigation, access, error pages, formats and the badge vocabulary."""
