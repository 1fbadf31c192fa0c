using System.Text.RegularExpressions;

namespace NonLocal.Architecture.Tests;

/// <summary>The rules about single files. Each gives one line for every place that breaks it.</summary>
/// <remarks>Words that the rules look for are written in two pieces here, so that this file keeps them too.</remarks>
internal static partial class Rules
{
    private const int MaximumLines = 400;
    private const int MaximumLineLength = 140;

    // Inside NonLocal.Tensors: what a folder ("" is the project's own) must not know.
    private static readonly Dictionary<string, string> Unknown = new()
    {
        [""] = "Graphs|Compile|Kernels",
        ["Runtime"] = "Graphs|Compile|Kernels",
        ["Kernels"] = "Graphs|Compile",
        ["Graphs"] = "Compile",
    };

    /// <summary>Folders of the engine use only what lies below them.</summary>
    public static IEnumerable<string> EngineFolders(SourceFile file)
    {
        string[] parts = file.Path.Split('/');
        if (parts is not ["src", "NonLocal.Tensors", ..] || !Unknown.TryGetValue(parts.Length > 3 ? parts[2] : "", out string? unknown))
        {
            return [];
        }

        return Matches(file, file.Code, new Regex($@"(NonLocal\.Tensors\.|(?<![\w.]))({unknown})(;|\.[A-Z])"));
    }

    /// <summary>The library talks to nobody: console and environment belong to the programs on top.</summary>
    public static IEnumerable<string> Surroundings(SourceFile file) =>
        file.Path.Split('/') is ["src", "NonLocal.Cli" or "NonLocal.Explorer", ..] ? [] : Matches(file, file.Code, SurroundingsUsed());

    /// <summary>No types found or made by name at run time: trimming and ahead-of-time compilation keep working.</summary>
    public static IEnumerable<string> Reflection(SourceFile file) => Matches(file, file.Code, ReflectionUsed());

    /// <summary>A file fits in the head.</summary>
    public static IEnumerable<string> FileLength(SourceFile file)
    {
        int lines = file.Lines.Length - (file.Lines[^1].Length == 0 ? 1 : 0);
        return lines > MaximumLines ? [$"{file.Path}: {lines} lines, at most {MaximumLines}"] : [];
    }

    /// <summary>A line fits on the screen.</summary>
    public static IEnumerable<string> LineLength(SourceFile file) =>
        Enumerable.Range(0, file.Lines.Length).Where(line => file.Lines[line].TrimEnd('\r').Length > MaximumLineLength).Select(file.At);

    /// <summary>What is not done is an issue, not a note.</summary>
    public static IEnumerable<string> UnfinishedWork(SourceFile file) => Matches(file, file.Text, Unfinished());

    /// <summary>Old code is in the history.</summary>
    public static IEnumerable<string> CommentedOutCode(SourceFile file) => Matches(file, file.Text, CodeInComment());

    /// <summary>The namespace says where the file is.</summary>
    public static IEnumerable<string> Namespace(SourceFile file)
    {
        string expected = Path.GetDirectoryName(file.Path)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');
        Match found = NamespaceLine().Match(file.Code);
        bool right = found.Success ? found.Groups[1].Value == expected : Path.GetFileName(file.Path) == "Program.cs";
        return right ? [] : [$"{file.Path}: namespace {found.Groups[1].Value}, expected {expected}"];
    }

    /// <summary>Nothing names the machine or the people it was written on and by.</summary>
    public static IEnumerable<string> PrivatePlaces(SourceFile file) => Matches(file, file.Text, PrivatePlace());

    /// <summary>A test that does not run is no test.</summary>
    public static IEnumerable<string> SkippedTests(SourceFile file) => Matches(file, file.Code, SkippedTest());

    private static IEnumerable<string> Matches(SourceFile file, string text, Regex pattern)
    {
        foreach (Match match in pattern.Matches(text))
        {
            yield return file.At(text.AsSpan(0, match.Index).Count('\n'));
        }
    }

    [GeneratedRegex(@"(?<![\w.])(System\.)?(Console\.\w|Environment\.([GS]et\w*Variable|GetCommandLineArgs|Exit|FailFast)\b)")]
    private static partial Regex SurroundingsUsed();

    [GeneratedRegex(@"Activator\.Create|\.GetTypes\(|GetCustomAttribute|Assembly\.Load|Type\.GetType\(|\.MakeGeneric(Type|Method)\(")]
    private static partial Regex ReflectionUsed();

    [GeneratedRegex("\\b(TO" + "DO|FIX" + "ME|HA" + "CK|XX" + "X)\\b")]
    private static partial Regex Unfinished();

    // A comment that ends like a statement and also begins like one.
    [GeneratedRegex(
        @"^[ \t]*//[ \t]*([{}]|(return|var|using|throw|break|continue|await|public|private|internal)\b[^\n]*[;{]"
        + @"|(if|for|foreach|while|switch) \([^\n]*[;){]|[\w.\[\]<>]+( \w+)?( [-+*/|&^]?= [^\n]*|\([^\n]*\));)[ \t]*\r?$",
        RegexOptions.Multiline)]
    private static partial Regex CodeInComment();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // Folders of one machine (but the file that the hostile checkpoints try to make), and mail addresses.
    [GeneratedRegex("/(wo" + "rk|tm" + "p|ho" + "me|ro" + @"ot)/(?!pwned)|[\w.+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b")]
    private static partial Regex PrivatePlace();

    [GeneratedRegex(@"\b(Fact|Theory|InlineData|MemberData)\([^)]*\bSkip\s*=")]
    private static partial Regex SkippedTest();
}
