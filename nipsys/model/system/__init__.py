"""Values about a whole system: profile, resolution, lock, plan, trees and generations."""
