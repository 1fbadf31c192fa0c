using System.Globalization;
using System.Text.Json.Nodes;

namespace NonLocal.Verification.Learning;

/// <summary>The block of a training file: a name of the table with <c>block_config</c>, or the short text of the published files.</summary>
internal static class PublishedBlock
{
    private static readonly string[] Functions = ["gaussian", "embedded_gaussian", "dot_product", "concatenation"];

    /// <summary>Reads the keys <c>block</c> and <c>block_config</c>.</summary>
    /// <param name="config">Of the whole file.</param>
    /// <param name="channels">Channels of the map that the block reads.</param>
    /// <returns>The block's entry in the table, and its own configuration.</returns>
    /// <exception cref="UnsupportedBlockException">A block or an option that is not known.</exception>
    public static (Action<BlockCase> Build, CaseConfig Config) Read(CaseConfig config, int channels)
    {
        string text = config.Text("block") ?? "";
        if (config.Nested("block_config") is { } stated)
        {
            return (BlockTable.Find(text), stated);
        }

        string[] words = text.Split([' ', ',', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        string name = words.Length == 0 ? "" : words[0];
        (string block, JsonObject options) = name switch
        {
            "NONLocalBlock1D" or "NONLocalBlock2D" or "NONLocalBlock3D" =>
                ("NonLocalBlockND", NonLocal(words[1..], channels, name[^2] - '0')),
            "ContextBlock" => (name, Context(words[1..])),
            _ => (name, words.Length > 1 ? throw Unknown(words[1], text) : new JsonObject()),
        };
        return (BlockTable.Find(block), new CaseConfig(options.ToJsonString()));
    }

    // NONLocalBlock2D embedded_gaussian sub_sample bn
    private static JsonObject NonLocal(string[] words, int channels, int dimension)
    {
        JsonObject config = new()
        {
            ["in_channels"] = channels,
            ["dimension"] = dimension,
            ["sub_sample"] = words.Contains("sub_sample"),
            ["bn_layer"] = words.Contains("bn"),
        };
        foreach (string word in words.Where(word => word is not ("sub_sample" or "bn")))
        {
            config["pairwise"] = Functions.Contains(word) ? word : throw Unknown(word, "NONLocalBlock");
        }

        return config;
    }

    // ContextBlock(8,ratio=0.5,att,add+mul)
    private static JsonObject Context(string[] words)
    {
        JsonObject config = [];
        foreach (string word in words)
        {
            if (int.TryParse(word, CultureInfo.InvariantCulture, out int channels))
            {
                config["inplanes"] = channels;
            }
            else if (word.StartsWith("ratio=", StringComparison.Ordinal)
                && double.TryParse(word["ratio=".Length..], CultureInfo.InvariantCulture, out double ratio))
            {
                config["ratio"] = ratio;
            }
            else if (word is "att" or "avg")
            {
                config["pooling_type"] = word;
            }
            else
            {
                config["fusion_types"] = new JsonArray([.. word.Split('+').Select(Fusion)]);
            }
        }

        return config;
    }

    private static JsonNode Fusion(string word) => word is "add" or "mul" ? $"channel_{word}" : throw Unknown(word, "ContextBlock");

    private static UnsupportedBlockException Unknown(string word, string block) => new($"'{word}' is not known for block '{block}'.");
}
