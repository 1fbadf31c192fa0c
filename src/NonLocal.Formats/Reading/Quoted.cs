namespace NonLocal.Formats.Reading;

/// <summary>Names from a file inside a sentence: in quotation marks and never long.</summary>
internal static class Quoted
{
    private const int Longest = 80;

    /// <summary>A name in quotation marks, its end cut off when it is long.</summary>
    public static string Name(string name) => name.Length <= Longest ? $"\"{name}\"" : $"\"{name.AsSpan(0, Longest)}…\"";
}
