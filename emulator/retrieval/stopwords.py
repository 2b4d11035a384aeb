"""Words of a question that say nothing about its subject."""

import re
from typing import Final

ENGLISH: Final = frozenset(
    {
        *("a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because"),
        *("been", "before", "being", "between", "both", "but", "by", "can", "cannot", "could", "did", "do", "does"),
        *(
            "doing",
            "dont",
            "each",
            "explain",
            "find",
            "for",
            "from",
            "give",
            "had",
            "has",
            "have",
            "having",
            "he",
            "her",
        ),
        *("here", "his", "how", "i", "if", "im", "in", "into", "is", "it", "its", "just", "let", "many", "me"),
        *("might", "more", "most", "much", "must", "my", "no", "not", "of", "on", "one", "only", "or", "other", "our"),
        *("please", "s", "shall", "she", "should", "show", "so", "some", "such", "t", "tell", "than", "that", "the"),
        *("their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "us", "very", "was", "we"),
        *("were", "what", "when", "where", "whether", "which", "while", "who", "whom", "whose", "why", "will", "with"),
        *("would", "you", "your"),
    }
)

# Chinese and Japanese question phrases. Cut out of a query, because their characters would form pairs with the words
# beside them. Single characters only where they are hardly ever part of a word.
PHRASES: Final = re.compile(
    "什么时候|为什么|是什么|什么|怎么样|怎么办|怎么|怎样|如何|哪些|哪个|哪里|哪儿|哪|谁|多少|多久|请问|告诉我|是否|能否|可以"
    "|能不能|有没有|吗|呢"
    "|ください|教えて|ですか|ますか|でしょうか|について|とは|いつ|どこ|どの|誰"
)

# Characters that are mostly grammatical particles; all hiragana count as such too.
PARTICLES: Final = frozenset("的了是在和与及或而之吗呢吧就都也很把被这那我你他她它们")
HIRAGANA: Final = ("\u3041", "\u309f")
