namespace NonLocal.Tensors.Runtime;

/// <summary>
/// Random numbers found by what they are for: seed, purpose, step and element number. Equal in every order of asking, on any number
/// of threads, and after a restart.
/// </summary>
/// <param name="Seed">The run's seed: the generator's key.</param>
/// <param name="Purpose">Which of the run's streams; see <see cref="PurposeOf"/>.</param>
/// <param name="Step">Which use of the stream: 0 for an initial value, the step's number for a dropout.</param>
public readonly record struct RandomStream(ulong Seed, ulong Purpose, uint Step = 0)
{
    private const int WordsInBlock = 4;

    /// <summary>A purpose for a name, such as that of a parameter or layer: its 64-bit FNV-1a hash.</summary>
    public static ulong PurposeOf(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return hash;
    }

    /// <summary>Fills with numbers that are uniform in [0, 1), multiples of 2⁻²⁴.</summary>
    /// <param name="numbers">To be filled.</param>
    /// <param name="first">The place in the stream of the first one: a multiple of 4.</param>
    public void Uniform(Span<float> numbers, int first = 0)
    {
        Span<uint> words = stackalloc uint[WordsInBlock];
        for (int start = 0; start < numbers.Length; start += WordsInBlock)
        {
            Words((uint)((first + start) / WordsInBlock), words);
            for (int i = 0; i < WordsInBlock && start + i < numbers.Length; i++)
            {
                numbers[start + i] = ToUnit(words[i]);
            }
        }
    }

    /// <summary>Fills with numbers of the normal distribution with mean 0 and deviation 1 (Box and Muller, in double).</summary>
    public void Normal(Span<float> numbers)
    {
        Span<uint> words = stackalloc uint[WordsInBlock];
        Span<float> normals = stackalloc float[WordsInBlock];
        for (int start = 0; start < numbers.Length; start += WordsInBlock)
        {
            Words((uint)(start / WordsInBlock), words);
            (normals[0], normals[1]) = NormalPair(words[0], words[1]);
            (normals[2], normals[3]) = NormalPair(words[2], words[3]);
            normals[..Math.Min(WordsInBlock, numbers.Length - start)].CopyTo(numbers[start..]);
        }
    }

    /// <summary>One uniform number of the stream, by its place: equal to the element that <see cref="Uniform"/> puts there.</summary>
    public float UniformAt(int element)
    {
        Span<uint> words = stackalloc uint[WordsInBlock];
        Words((uint)(element / WordsInBlock), words);
        return ToUnit(words[element % WordsInBlock]);
    }

    private static float ToUnit(uint word) => (word >> 8) * (1f / (1 << 24));

    private static (float First, float Second) NormalPair(uint radius, uint angle)
    {
        // Half a unit keeps the logarithm finite.
        const double unit = 1.0 / (1UL << 32);
        double length = Math.Sqrt(-2 * Math.Log((radius + 0.5) * unit));
        (double sine, double cosine) = Math.SinCos(2 * Math.PI * angle * unit);
        return ((float)(length * cosine), (float)(length * sine));
    }

    private void Words(uint block, Span<uint> words) => (words[0], words[1], words[2], words[3]) =
        Philox.Block((block, Step, (uint)Purpose, (uint)(Purpose >> 32)), ((uint)Seed, (uint)(Seed >> 32)));
}
