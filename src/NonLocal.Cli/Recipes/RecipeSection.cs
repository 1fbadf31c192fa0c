using System.Globalization;

namespace NonLocal.Cli.Recipes;

/// <summary>
/// A section of a recipe while it is read: every key is asked for once, with its default, and what was found or assumed is written
/// down. So the resolved recipe is complete, and a key that nobody asked for is an error.
/// </summary>
internal sealed class RecipeSection
{
    private readonly RecipeMap map;
    private readonly RecipeMap resolved = RecipeMap.Empty();
    private readonly List<string> asked = [];
    private readonly string file;
    private readonly string path;

    /// <summary>The whole recipe.</summary>
    /// <param name="map">What was written.</param>
    /// <param name="file">Where, for messages.</param>
    public RecipeSection(RecipeMap map, string file)
        : this(map, file, "")
    {
    }

    private RecipeSection(RecipeMap map, string file, string path)
    {
        this.map = map;
        this.file = file;
        this.path = path;
    }

    /// <summary>Everything that was asked for, with what it is.</summary>
    public RecipeMap Resolved => resolved;

    /// <summary>Whether a key is written.</summary>
    public bool Has(string key) => map.Entries.ContainsKey(key);

    /// <summary>A word that must be there.</summary>
    /// <exception cref="UsageException">It is missing or no single value.</exception>
    public string Text(string key) => OptionalText(key) ?? throw Missing(key);

    /// <summary>A word, or its default.</summary>
    public string Text(string key, string otherwise) => OptionalText(key) ?? Note(key, otherwise);

    /// <summary>A word, or null when the key is not written.</summary>
    public string? OptionalText(string key) => Find(key) switch
    {
        null => null,
        RecipeText text => Note(key, text.Text),
        var other => throw Error(other, $"{Full(key)} holds several values, expected one"),
    };

    /// <summary>One of a few words.</summary>
    /// <exception cref="UsageException">Another word; the message names the nearest.</exception>
    public T Choice<T>(string key, string otherwise, params ReadOnlySpan<(string Word, T Meaning)> choices)
    {
        string word = Text(key, otherwise);
        List<string> known = [];
        foreach ((string candidate, T meaning) in choices)
        {
            if (candidate == word)
            {
                return meaning;
            }

            known.Add(candidate);
        }

        throw Error(Find(key), $"{Full(key)} is '{word}', expected {string.Join(" or ", known)}.{NearestName.Hint(word, known)}");
    }

    /// <summary>A whole number in a range, or its default.</summary>
    public long Integer(string key, long? otherwise, long least, long most = int.MaxValue)
    {
        if (OptionalText(key) is not { } text)
        {
            long number = otherwise ?? throw Missing(key);
            Note(key, Written(number));
            return number;
        }

        bool whole = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long found);
        return whole && found >= least && found <= most
            ? found : throw Error(Find(key), $"{Full(key)} is '{text}', expected a whole number from {least} to {most}");
    }

    /// <summary>A number in a range, or its default.</summary>
    public double Number(string key, double? otherwise, double least, double most = double.MaxValue)
    {
        if (OptionalText(key) is not { } text)
        {
            double number = otherwise ?? throw Missing(key);
            Note(key, Written(number));
            return number;
        }

        return Parse(key, text, least, most);
    }

    /// <summary>A number in a range, or null when the key is not written.</summary>
    public double? OptionalNumber(string key, double least, double most = double.MaxValue) =>
        OptionalText(key) is { } text ? Parse(key, text, least, most) : null;

    /// <summary>Yes or no, or its default.</summary>
    public bool Flag(string key, bool otherwise) =>
        Choice(key, otherwise ? "true" : "false", ("true", true), ("false", false));

    /// <summary>Several numbers, or null when the key is not written. One number stands for a list of one.</summary>
    public IReadOnlyList<double>? OptionalNumbers(string key, double least, double most = double.MaxValue) =>
        OptionalTexts(key)?.Select(text => Parse(key, text, least, most)).ToArray();

    /// <summary>Several whole numbers, or null when the key is not written. One number stands for a list of one.</summary>
    public IReadOnlyList<int>? OptionalIntegers(string key, int least, int most = int.MaxValue) =>
        OptionalNumbers(key, least, most) is not { } numbers ? null
        : numbers.All(double.IsInteger) ? [.. numbers.Select(number => (int)number)]
        : throw Error(Find(key), $"{Full(key)} holds {string.Join(", ", numbers.Select(Written))}, expected whole numbers");

    /// <summary>Several words, or null when the key is not written. One word stands for a list of one.</summary>
    public IReadOnlyList<string>? OptionalTexts(string key)
    {
        RecipeNode? node = Find(key);
        IReadOnlyList<RecipeNode>? items = node switch
        {
            null => null,
            RecipeList list => list.Items,
            _ => [node],
        };
        if (items is null)
        {
            return null;
        }

        string[] texts = [.. items.Select(item => item is RecipeText text
            ? text.Text : throw Error(item, $"{Full(key)} holds a section, expected single values"))];
        resolved.Entries[key] = new RecipeList([.. texts.Select(text => new RecipeText(text, 0))], 0);
        return texts;
    }

    /// <summary>A section; empty when the key is not written.</summary>
    public RecipeSection Section(string key) => OptionalSection(key) ?? Enter(key, RecipeMap.Empty());

    /// <summary>A section, or null when the key is not written.</summary>
    public RecipeSection? OptionalSection(string key) => Find(key) switch
    {
        null => null,
        RecipeMap section => Enter(key, section),
        var other => throw Error(other, $"{Full(key)} is a single value, expected a section with keys"),
    };

    /// <summary>Several sections; none when the key is not written. One section stands for a list of one.</summary>
    public IReadOnlyList<RecipeSection> Sections(string key)
    {
        RecipeNode? node = Find(key);
        IReadOnlyList<RecipeNode> items = node switch
        {
            null => [],
            RecipeList list => list.Items,
            _ => [node],
        };
        RecipeSection[] sections = [.. items.Select(item => item is RecipeMap section
            ? new RecipeSection(section, file, Full(key)) : throw Error(item, $"{Full(key)} holds a single value, expected sections"))];
        if (sections.Length > 0)
        {
            resolved.Entries[key] = new RecipeList([.. sections.Select(section => section.resolved)], 0);
        }

        return sections;
    }

    /// <summary>Writes down a value that follows from the data and not from the recipe.</summary>
    public void Record(string key, string value)
    {
        asked.Add(key);
        Note(key, value);
    }

    /// <summary>The same for several values.</summary>
    public void Record(string key, IEnumerable<string> values)
    {
        asked.Add(key);
        resolved.Entries[key] = new RecipeList([.. values.Select(value => new RecipeText(value, 0))], 0);
    }

    /// <summary>A number as recipes have it.</summary>
    public static string Written(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>An error about a key.</summary>
    public UsageException Problem(string key, string problem) => Error(Find(key), $"{Full(key)}: {problem}");

    /// <summary>An error about a key that has to be there; a key that is nearly it is named instead.</summary>
    public UsageException Missing(string key)
    {
        string? meant = map.Entries.Keys.FirstOrDefault(
            written => !asked.Contains(written) && NearestName.Find(written, [key]).Count > 0);
        return meant is null ? Error(null, $"{Full(key)} is missing") : Unknown(meant, [key]);
    }

    /// <summary>Refuses keys that nobody asked for.</summary>
    /// <exception cref="UsageException">There is one; the message names the nearest that exists.</exception>
    public void Finish()
    {
        if (map.Entries.Keys.FirstOrDefault(key => !asked.Contains(key)) is { } unknown)
        {
            throw Unknown(unknown, asked);
        }
    }

    private UsageException Unknown(string key, IReadOnlyCollection<string> known) =>
        Error(map.Entries[key], $"there is no '{Full(key)}' in a recipe.{NearestName.Hint(key, known)}");

    private RecipeSection Enter(string key, RecipeMap section)
    {
        RecipeSection entered = new(section, file, Full(key));
        resolved.Entries[key] = entered.resolved;
        return entered;
    }

    private string Full(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private RecipeNode? Find(string key)
    {
        asked.Add(key);
        return map.Entries.TryGetValue(key, out RecipeNode? node) ? node : null;
    }

    private string Note(string key, string value)
    {
        resolved.Entries[key] = new RecipeText(value, 0);
        return value;
    }

    private double Parse(string key, string text, double least, double most)
    {
        bool number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double found);
        if (number && found >= least && found <= most)
        {
            return found;
        }

        string range = most == double.MaxValue ? $"of at least {Written(least)}" : $"from {Written(least)} to {Written(most)}";
        throw Error(Find(key), $"{Full(key)} is '{text}', expected a number {range}");
    }

    private UsageException Error(RecipeNode? node, string problem)
    {
        string place = node switch
        {
            null => file,
            { Line: 0 } => "on the command line",
            _ => $"{file}:{node.Line}",
        };
        return new UsageException($"{place}: {problem.TrimEnd('.')}{(problem.EndsWith('?') ? "" : ".")}");
    }
}
