namespace NonLocal.Cli.Recipes;

/// <summary>A value in a recipe, and where it stands.</summary>
/// <param name="Line">From 1; 0 for a value of the command line.</param>
internal abstract record RecipeNode(int Line);

/// <summary>A word or a number, as it was written.</summary>
internal sealed record RecipeText(string Text, int Line) : RecipeNode(Line);

/// <summary>Several values.</summary>
internal sealed record RecipeList(IReadOnlyList<RecipeNode> Items, int Line) : RecipeNode(Line);

/// <summary>Values by key, in the order in which they were written.</summary>
internal sealed record RecipeMap(OrderedDictionary<string, RecipeNode> Entries, int Line) : RecipeNode(Line)
{
    /// <summary>A map without entries.</summary>
    public static RecipeMap Empty(int line = 0) => new(new(StringComparer.Ordinal), line);

    /// <summary>Puts a value at a dotted path, such as <c>training.epochs</c>; maps that are missing on the way are made.</summary>
    /// <exception cref="UsageException">On the way stands a value that is no map.</exception>
    public void Set(string path, RecipeNode value)
    {
        RecipeMap map = this;
        string[] keys = path.Split('.');
        for (int i = 0; i < keys.Length - 1; i++)
        {
            if (!map.Entries.TryGetValue(keys[i], out RecipeNode? next))
            {
                map.Entries[keys[i]] = next = Empty();
            }

            map = next as RecipeMap
                ?? throw new UsageException($"{path}: {string.Join('.', keys[..(i + 1)])} is no section of the recipe.");
        }

        map.Entries[keys[^1]] = value;
    }
}
