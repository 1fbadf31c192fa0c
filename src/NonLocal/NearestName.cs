namespace NonLocal;

/// <summary>Finds the name that someone probably meant.</summary>
public static class NearestName
{
    private const int MostListed = 40;

    /// <summary>The known names closest to <paramref name="name"/>, closest first, regardless of case.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="most">At most so many.</param>
    /// <returns>
    /// Only names that are near: at most half of the longer name's letters differ, or one contains the other; and none much
    /// farther than the nearest.
    /// </returns>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known, int most = 3)
    {
        List<(string Name, int Distance)> near =
            [.. Ranked(name, known).Where(pair => pair.Distance <= Math.Max(name.Length, pair.Name.Length) / 2)];
        return [.. near.TakeWhile(pair => pair.Distance <= near[0].Distance + 1).Take(most).Select(pair => pair.Name)];
    }

    /// <summary>
    /// A hint to add to an error: <c> Did you mean resnet50?</c>, or, when nothing is near, all known names or the closest of many.
    /// </summary>
    public static string Hint(string name, IReadOnlyCollection<string> known)
    {
        IReadOnlyList<string> near = Find(name, known);
        return near.Count > 0 ? $" Did you mean {string.Join(" or ", near)}?"
            : known.Count == 0 ? ""
            : known.Count <= MostListed ? $" Known: {string.Join(", ", known)}."
            : $" The closest known: {string.Join(", ", Ranked(name, known).Take(3).Select(pair => pair.Name))}.";
    }

    private static IEnumerable<(string Name, int Distance)> Ranked(string name, IEnumerable<string> known)
    {
        string wanted = name.ToLowerInvariant();
        return known.Distinct()
            .Select(candidate => (Name: candidate, Distance: Distance(wanted, candidate.ToLowerInvariant())))
            .OrderBy(pair => pair.Distance)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal);
    }

    // The fewest single-letter changes, insertions and removals between two words; a word inside the other is near.
    private static int Distance(string a, string b)
    {
        if (a.Length > 2 && b.Length > 2 && (a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal)))
        {
            return a == b ? 0 : 1 + (Math.Abs(a.Length - b.Length) / 4);
        }

        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
