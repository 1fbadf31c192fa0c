namespace NonLocal.Cli;

/// <summary>An option that takes one of a few words.</summary>
internal static class Choice
{
    /// <summary>What the word stands for.</summary>
    /// <exception cref="UsageException">Another word; the message names the nearest.</exception>
    public static T Of<T>(string option, string word, params ReadOnlySpan<(string Word, T Meaning)> choices)
    {
        List<string> known = [];
        foreach ((string candidate, T meaning) in choices)
        {
            if (candidate == word)
            {
                return meaning;
            }

            known.Add(candidate);
        }

        throw new UsageException($"{option} cannot be '{word}', expected {string.Join(" or ", known)}.{NearestName.Hint(word, known)}");
    }
}
