using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NonLocal.Cli.Recipes;

/// <summary>Reads and writes recipes as YAML: maps, lists and scalars; no anchors, tags or further documents.</summary>
internal static class RecipeYaml
{
    private const long MostBytes = 1 << 20;
    private const int MostLevels = 16;

    /// <summary>Reads a file.</summary>
    /// <exception cref="UsageException">It is no recipe; the message has path and line.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static RecipeMap ReadFile(string path)
    {
        using FileStream stream = Formats.InputFile.Open(path);
        if (stream.Length > MostBytes)
        {
            throw new UsageException($"{path}: the file has {stream.Length} bytes; expected a recipe of at most {MostBytes}.");
        }

        using StreamReader reader = new(stream);
        return Read(reader.ReadToEnd(), path);
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="text">A YAML document whose root is a map.</param>
    /// <param name="name">Where it comes from, for messages.</param>
    /// <exception cref="UsageException">It is no recipe.</exception>
    public static RecipeMap Read(string text, string name)
    {
        RecipeNode root = Parse(text, name);
        return root as RecipeMap ?? throw new UsageException($"{name}:{root.Line}: expected keys with values, such as 'model:'.");
    }

    /// <summary>Reads one value, such as stands behind the equals sign on the command line.</summary>
    /// <exception cref="UsageException">It is no YAML.</exception>
    public static RecipeNode ReadValue(string text, string name) => AtLine(Parse(text, name), 0);

    /// <summary>Writes a recipe; equal recipes give equal texts.</summary>
    public static string Write(RecipeMap recipe)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        Emitter emitter = new(writer);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, recipe);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return writer.ToString();
    }

    private static RecipeNode Parse(string text, string name)
    {
        Parser parser = new(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
            {
                return RecipeMap.Empty(1);
            }

            parser.Consume<DocumentStart>();
            RecipeNode root = Node(parser, name, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.TryConsume<StreamEnd>(out _))
            {
                throw new UsageException($"{name}:{parser.Current?.Start.Line}: a second document begins; expected one.");
            }

            return root;
        }
        catch (YamlException error)
        {
            throw new UsageException($"{name}:{error.Start.Line}: this is no YAML: {error.Message.TrimEnd('.')}.");
        }
        catch (InvalidOperationException)
        {
            // What the parser says when the text ends inside a list or a map.
            throw new UsageException($"{name}:{text.Count(letter => letter == '\n')}: this is no YAML: the text ends too early.");
        }
    }

    private static RecipeNode Node(IParser parser, string name, int level)
    {
        if (level > MostLevels)
        {
            throw new UsageException($"{name}:{parser.Current?.Start.Line}: more than {MostLevels} levels lie in each other.");
        }

        if (parser.TryConsume<Scalar>(out Scalar? scalar))
        {
            return new RecipeText(scalar.Value, (int)scalar.Start.Line);
        }

        if (parser.TryConsume<SequenceStart>(out SequenceStart? list))
        {
            List<RecipeNode> items = [];
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, name, level + 1));
            }

            return new RecipeList(items, (int)list.Start.Line);
        }

        if (parser.TryConsume<MappingStart>(out MappingStart? start))
        {
            RecipeMap map = RecipeMap.Empty((int)start.Start.Line);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                Scalar key = parser.Consume<Scalar>();
                if (!map.Entries.TryAdd(key.Value, Node(parser, name, level + 1)))
                {
                    throw new UsageException($"{name}:{key.Start.Line}: '{key.Value}' is there twice.");
                }
            }

            return map;
        }

        throw new UsageException($"{name}:{parser.Current?.Start.Line}: references (*name) are not part of recipes.");
    }

    private static RecipeNode AtLine(RecipeNode node, int line) => node switch
    {
        RecipeList list => new RecipeList([.. list.Items.Select(item => AtLine(item, line))], line),
        RecipeMap map => new RecipeMap(
            new(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, AtLine(entry.Value, line))), StringComparer.Ordinal), line),
        _ => node with { Line = line },
    };

    private static void Emit(Emitter emitter, RecipeNode node)
    {
        switch (node)
        {
            case RecipeMap map:
                emitter.Emit(new MappingStart());
                foreach ((string key, RecipeNode value) in map.Entries)
                {
                    emitter.Emit(new Scalar(key));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case RecipeList list:
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, FlowStyle(list)));
                foreach (RecipeNode item in list.Items)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            default:
                emitter.Emit(new Scalar(((RecipeText)node).Text));
                break;
        }
    }

    // Numbers and words on one line, sections below each other.
    private static SequenceStyle FlowStyle(RecipeList list) =>
        list.Items.All(item => item is RecipeText) ? SequenceStyle.Flow : SequenceStyle.Block;
}
