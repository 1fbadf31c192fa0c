namespace NonLocal.Architecture.Tests;

/// <summary>Blanks comments and the contents of strings, so that rules about code do not stumble over words.</summary>
internal static class CodeOnly
{
    /// <summary>The same text with spaces there; line ends stay.</summary>
    public static string Of(string text)
    {
        char[] result = text.ToCharArray();
        int position = 0;
        while (position < text.Length)
        {
            int end = EndOfWords(text, position);
            for (int i = position; i < end; i++)
            {
                result[i] = text[i] == '\n' ? '\n' : ' ';
            }

            position = Math.Max(end, position + 1);
        }

        return new string(result);
    }

    // Where the comment or string ends that begins here; `start` itself when none does.
    private static int EndOfWords(string text, int start)
    {
        ReadOnlySpan<char> rest = text.AsSpan(start);
        if (rest.StartsWith("//"))
        {
            return After(text, "\n", start) - 1;
        }

        if (rest.StartsWith("/*"))
        {
            return After(text, "*/", start + 2);
        }

        if (rest.StartsWith("\"\"\""))
        {
            int quotes = rest.IndexOfAnyExcept('"');
            string fence = new('"', quotes < 0 ? rest.Length : quotes);
            return After(text, fence, start + fence.Length);
        }

        if (rest[0] is '"' or '\'')
        {
            bool verbatim = start > 0 && (text[start - 1] == '@' || (start > 1 && text[start - 1] == '$' && text[start - 2] == '@'));
            return EndOfQuotes(text, start, verbatim);
        }

        return start;
    }

    private static int EndOfQuotes(string text, int start, bool verbatim)
    {
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '\\' && !verbatim)
            {
                i++;
            }
            else if (verbatim && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                i++;
            }
            else if (text[i] == text[start] || (text[i] == '\n' && !verbatim))
            {
                return i + 1;
            }
        }

        return text.Length;
    }

    private static int After(string text, string mark, int from)
    {
        int found = text.IndexOf(mark, from, StringComparison.Ordinal);
        return found < 0 ? text.Length : found + mark.Length;
    }
}
