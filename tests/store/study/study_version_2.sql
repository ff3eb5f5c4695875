BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'ftcompare-study','version_1','2026-11-20 12:56:32.819781+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'ftcompare-study','version_2','2026-11-20 12:56:32.823068+00:00');
CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        comparison INTEGER NOT NULL REFERENCES comparisons (id),
        draw INTEGER REFERENCES draws (id),
        position INTEGER,
        a_is_left INTEGER CHECK (a_is_left IN (0, 1)),
        origin TEXT,
        standing INTEGER REFERENCES events (id),
        standing_kind TEXT NOT NULL DEFAULT '' CHECK (standing_kind IN ('', 'judgment', 'skip')), kind TEXT NOT NULL DEFAULT 'ordinary'
        CHECK (kind IN ('ordinary', 'control', 'gold', 'live')), repeat_of INTEGER REFERENCES allocations (id), guess_due TEXT NOT NULL DEFAULT ''
        CHECK (guess_due IN ('', 'at_once', 'at_end')), guess INTEGER REFERENCES events (id), pack INTEGER REFERENCES packs (id),
        UNIQUE (rater, position),
        CHECK ((draw IS NULL) = (position IS NULL)),
        CHECK ((draw IS NULL) = (origin IS NOT NULL)),
        CHECK (draw IS NULL OR a_is_left IS NOT NULL),
        CHECK ((standing IS NULL) = (standing_kind = ''))
    ) STRICT;
INSERT INTO "allocations" VALUES(1,1,4,1,0,1,NULL,1,'judgment','ordinary',NULL,'at_end',NULL,NULL);
INSERT INTO "allocations" VALUES(2,1,5,1,1,1,NULL,2,'skip','gold',NULL,'',NULL,NULL);
INSERT INTO "allocations" VALUES(3,1,4,1,2,0,NULL,3,'judgment','ordinary',1,'',NULL,NULL);
INSERT INTO "allocations" VALUES(4,1,2,1,3,0,NULL,4,'judgment','ordinary',NULL,'at_once',NULL,NULL);
INSERT INTO "allocations" VALUES(5,1,6,1,4,1,NULL,NULL,'','control',NULL,'',NULL,NULL);
INSERT INTO "allocations" VALUES(6,2,6,2,0,1,NULL,8,'judgment','control',NULL,'',NULL,1);
INSERT INTO "allocations" VALUES(7,2,5,2,1,0,NULL,9,'judgment','gold',NULL,'',NULL,1);
INSERT INTO "allocations" VALUES(8,2,1,2,2,0,NULL,NULL,'','ordinary',NULL,'at_end',NULL,1);
INSERT INTO "allocations" VALUES(9,2,3,2,3,0,NULL,NULL,'','ordinary',NULL,'at_once',NULL,1);
INSERT INTO "allocations" VALUES(10,2,1,2,4,1,NULL,NULL,'','ordinary',8,'',NULL,1);
INSERT INTO "allocations" VALUES(11,3,7,NULL,NULL,0,'df755e68c5e41489c1f55eae02fa712f459d954ad2cdb92490dba690fc88ba36',7,'judgment','ordinary',NULL,'',NULL,NULL);
CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;
INSERT INTO "audit" VALUES(1,'2026-11-20T09:00:01.000Z','created','{"founding":"cc9faade747c1b59546824da1d18ae8c94cd4bcb88c5257b3886e1e998f2ed8f","glossary":"649608c61a7d51c0c13e0ebaea4758ebb3fc609ef2c1528f38fb8ba888f7d7db","rating":"478e8fc404e8e80107f9cbf20aa34d2263bd06cfd1c89dfb5f224e0e5ff1a92a","title":"Kept, second","version":2}','24cbb966a5ccf103110b3a1b8e9d77b17379cfdf62ed304f23acd9f7042e78ba');
INSERT INTO "audit" VALUES(2,'2026-11-20T09:00:02.000Z','rating-set','{"digest":"28c97b96e2fcbb565dc123615e717eafad678eb56248a7d0891dc3d24afb93ed"}','96dbc74755178a1f6e73791219ce0e40878a88460936b9ccfa1bf7da03288c5d');
INSERT INTO "audit" VALUES(3,'2026-11-20T09:00:03.000Z','glossary-set','{"digest":"81aaec3a1ef157f7cb77408fe09e990b6c480022c375e33458239ed3785e77df"}','5705ba36a5304cb712413b2e2a5c599d094d618587eb7ae70637fd92e067f144');
INSERT INTO "audit" VALUES(4,'2026-11-20T09:00:04.000Z','run-started','{"record":"0ab78f232ded556620a6643abf7c2624bc4822e592ebd924085b15c62abd611f","run":1}','80bf7e7448b4816d8093a3afb874443cecf657fa7c12cb9aa650ab32684d4f1f');
INSERT INTO "audit" VALUES(5,'2026-11-20T09:00:05.000Z','gold-added','{"comparisons":[5],"digest":"6a227d8a4affe3188d56d276a40bc1f06f52e71994c2fe13502fc92a16c31b54"}','d1e15a3828454c8890bd435ee2d4184e9efb5352a9df975ee7b165ede5acfa9a');
INSERT INTO "audit" VALUES(6,'2026-11-20T09:00:06.000Z','slot-taken','{"rater":1,"slot":0}','8a5fba968dbaedc5a2cbbf5a56c72ca922f43662bfd6246c871dec49c8de101e');
INSERT INTO "audit" VALUES(7,'2026-11-20T09:00:06.000Z','planned','{"commitment":"947f126189c457e9c23fcb794daae5801288de14d7fe3f930e8f035b9f4ba82d","each":1,"plan":1,"raters":2,"seed":"2e04d24607356b785720b1fc93d00c94afadb81f774580255a93703a2eafa4ab"}','c83936b0a480782777ebf41c02554f6df82fc9efca16b14b72d794c9fa925d38');
INSERT INTO "audit" VALUES(8,'2026-11-20T09:00:06.000Z','names-kept','{"digest":"b4701675e72058614d2d5e2dc1047d4a6dae67d19d11a61f77809dc432481506","systems":[1,2]}','1ce35256fde39be15eb7ecd54966cc2ac241e9676dec0a2ab8fddee27599a6e2');
INSERT INTO "audit" VALUES(9,'2026-11-20T09:00:06.000Z','allocated','{"commitment":"6c1e9e5c354e672910eeb78354c73855904fc51262961f63c3d13ce3816dc0c8","draw":1,"items":5,"rater":1,"seed":"72364c7ef421160b01a4557a5f3884d000320ce538d6176caed924924c19fe78"}','6ba3fd2ef74385ec3f0e5bd23f472441ce24e6245830e530ebff4c47a35c0a62');
INSERT INTO "audit" VALUES(10,'2026-11-20T09:00:13.000Z','slot-taken','{"rater":2,"slot":1}','47d6fe86cb169034b6ebaddf03bc27af6ece75cc3e19007e82847bd2e9cd0429');
INSERT INTO "audit" VALUES(11,'2026-11-20T09:00:13.000Z','allocated','{"commitment":"d528791609e506ef8ec277acefd3167817869236b0ba9896c0e46d90d4523d6b","draw":2,"items":5,"rater":2,"seed":"2e04d24607356b785720b1fc93d00c94afadb81f774580255a93703a2eafa4ab"}','8416671a8d143fe62231078769a2cd521584237035139070ea1e018577bdda8e');
INSERT INTO "audit" VALUES(12,'2026-11-20T09:00:13.000Z','pack-made','{"after":0,"commitment":"23372a43cfbde8cd43933fb5f3a8599d4b4defd438dadbe29decdd9deb65ddb9","digest":"6b83a1fd9717ffb54718647f9dddca5d45fb84ed9486cb91405726c2e1fd9ff4","items":5,"pack":"3861535839a8a8e8f9194c754347b4c6","rater":2}','9197b34797e70503d4f219486e7042d41858c6638288205fdb3c50463e7bf9ee');
INSERT INTO "audit" VALUES(13,'2026-11-20T09:00:14.000Z','judgments-imported','{"comparisons":1,"judgments":1,"prompts":1,"raters":1,"responses":2,"systems":2}','5e1b2cb92cf973d711ee88a954ec2ac131fce5edc28a83c69838dcb5af25b89d');
INSERT INTO "audit" VALUES(14,'2026-11-20T09:00:14.000Z','names-kept','{"digest":"950b4c5f7c6fbf2c7fe20a536728ff2a63f16966bd9b6dd76dc974d445dc1e01","systems":[1,2,4,5]}','d1aca55175cd49b36c6efdf180a4d6e253c9d7c702bdd539762d383a80032a43');
INSERT INTO "audit" VALUES(15,'2026-11-20T11:00:00.000Z','pack-merged','{"events":2,"guesses":0,"head":"cf9ad915fb766377955107816778b3d250d87e02fec5d99ddcb16ddbae4fecde","judgments":2,"pack":"3861535839a8a8e8f9194c754347b4c6","rater":2,"retractions":0,"skips":0}','b48f749ffb6a11d2f5d15d2e555dbd657a63a8fdca0998323fe484911a8d5b2d');
INSERT INTO "audit" VALUES(16,'2026-11-20T12:00:01.000Z','unblinded','{"heads":{"1":[6,"c00f7f7ba60ac7643f1294fde6b8e0107c231ac84332eda56a709f5e76a9e9bc"],"2":[2,"4aca9b27b66338bd88d8c4b59686bac1abc0191c20e9e635006d21419d171b90"],"3":[1,"957b1b800cd1798a26730d32973dcf4a564aee2c48e4c546a91a12cb31111ac2"]},"reason":"Enough seen"}','df4c0f63adfcd5b6df4d977c198c978af944425de8a33c325650818edab8ffb9');
INSERT INTO "audit" VALUES(17,'2026-11-20T12:00:02.000Z','rater-excluded','{"rater":2,"reason":"was in a hurry"}','458e86f3095dafa74d315ee5d6c594a5f789fdb179e4e3b233cd840083da12dc');
CREATE TABLE comparisons (
        id INTEGER PRIMARY KEY,
        a INTEGER NOT NULL REFERENCES responses (id),
        b INTEGER NOT NULL REFERENCES responses (id),
        kind TEXT NOT NULL CHECK (kind IN ('ordinary', 'control', 'gold', 'live')),
        UNIQUE (a, b, kind)
    ) STRICT;
INSERT INTO "comparisons" VALUES(1,1,2,'ordinary');
INSERT INTO "comparisons" VALUES(2,3,4,'ordinary');
INSERT INTO "comparisons" VALUES(3,5,6,'ordinary');
INSERT INTO "comparisons" VALUES(4,7,8,'ordinary');
INSERT INTO "comparisons" VALUES(5,9,10,'gold');
INSERT INTO "comparisons" VALUES(6,6,6,'control');
INSERT INTO "comparisons" VALUES(7,11,12,'ordinary');
CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL
    , details TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "drafts" VALUES(5,'half a thou',1,'');
CREATE TABLE draws (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT;
INSERT INTO "draws" VALUES(1,1,'2026-11-20T09:00:06.000Z','9b08923d10c67fd994b2b8fda02f34a6','781f9c58d6645fa9e8a8529f035efa25','6c1e9e5c354e672910eeb78354c73855904fc51262961f63c3d13ce3816dc0c8');
INSERT INTO "draws" VALUES(2,2,'2026-11-20T09:00:13.000Z','216363698b529b4a97b750923ceb3ffd','795b929e9a9a80fdea7b5bf55eb561a4','d528791609e506ef8ec277acefd3167817869236b0ba9896c0e46d90d4523d6b');
CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        seq INTEGER NOT NULL,
        allocation INTEGER NOT NULL REFERENCES allocations (id),
        kind TEXT NOT NULL CHECK (kind IN ('judgment', 'skip', 'retraction', 'guess')),
        choice TEXT CHECK (choice IN ('left', 'right', 'a', 'b', 'tie', 'both_bad')),
        strength INTEGER,
        preference REAL CHECK (preference BETWEEN 0 AND 1),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL,
        seconds REAL,
        reason TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL, details TEXT NOT NULL DEFAULT '',
        UNIQUE (rater, seq),
        FOREIGN KEY (rater, retracts) REFERENCES events (rater, seq),
        CHECK ((kind IN ('judgment', 'guess')) = (choice IS NOT NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT;
INSERT INTO "events" VALUES(1,1,1,1,'judgment','right',2,NULL,'clearer',0,3.25,'',NULL,'2026-11-20T09:00:07.000Z','fe29a3cc08e78abeedffcba92d3a0550e3033fa74ef308a786b3aadb5950519c','{"criteria":[["accuracy","left"]],"reasons":["too long"]}');
INSERT INTO "events" VALUES(2,1,2,2,'skip',NULL,NULL,NULL,'',0,2.5,'cannot tell',NULL,'2026-11-20T09:00:08.000Z','8a5fbbab396a5e25f470595cb68a339c210ef8a2abc8e04f4754fc31ba751182','');
INSERT INTO "events" VALUES(3,1,3,3,'judgment','left',2,NULL,'clearer',0,3.25,'',NULL,'2026-11-20T09:00:09.000Z','918147c725f0acb891ba6acff25fc5787bc0063d907da5445b1ee09f6971ab09','{"criteria":[["accuracy","left"]],"reasons":["too long"]}');
INSERT INTO "events" VALUES(4,1,4,4,'judgment','left',2,NULL,'clearer',0,3.25,'',NULL,'2026-11-20T09:00:10.000Z','12d18c16d7ce74191b7c1efa92a935571d6586c4a9d823aaf46d5b2fcadb2bd9','{"criteria":[["accuracy","left"]],"reasons":["too long"]}');
INSERT INTO "events" VALUES(5,1,5,4,'guess','right',2,NULL,'',0,1.5,'',NULL,'2026-11-20T09:00:11.000Z','8014f06c89d9d4193b7eb66d1f068647c262a2811742884e318d6a62c9256f36','');
INSERT INTO "events" VALUES(6,1,6,4,'retraction',NULL,NULL,NULL,'',0,NULL,'',5,'2026-11-20T09:00:12.000Z','c00f7f7ba60ac7643f1294fde6b8e0107c231ac84332eda56a709f5e76a9e9bc','');
INSERT INTO "events" VALUES(7,3,1,11,'judgment','a',NULL,0.0,'',0,NULL,'',NULL,'','957b1b800cd1798a26730d32973dcf4a564aee2c48e4c546a91a12cb31111ac2','');
INSERT INTO "events" VALUES(8,2,1,6,'judgment','left',2,NULL,'',0,4.5,'',NULL,'2026-11-20T10:00:01.000Z','a9efcf9a3bf721af5d762c680c5f6ff214a26abe17867bed40990de0868bf85e','{"criteria":[["accuracy","tie"]],"reasons":["too long"]}');
INSERT INTO "events" VALUES(9,2,2,7,'judgment','left',2,NULL,'',0,4.5,'',NULL,'2026-11-20T10:00:02.000Z','4aca9b27b66338bd88d8c4b59686bac1abc0191c20e9e635006d21419d171b90','{"criteria":[["accuracy","tie"]],"reasons":["too long"]}');
CREATE TABLE exclusions (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL REFERENCES raters (id),
        excluded INTEGER NOT NULL CHECK (excluded IN (0, 1)),
        reason TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT;
INSERT INTO "exclusions" VALUES(1,2,1,'was in a hurry','2026-11-20T12:00:02.000Z');
CREATE TABLE failures (
        prompt INTEGER PRIMARY KEY REFERENCES prompts (id) ON DELETE CASCADE,
        reason TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (id)
    ) STRICT;
INSERT INTO "failures" VALUES(5,'too long',1);
CREATE TABLE glossary (
        id INTEGER PRIMARY KEY,
        term TEXT NOT NULL,
        status TEXT NOT NULL,
        concept TEXT NOT NULL,
        language TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT;
INSERT INTO "glossary" VALUES(1,'AF','preferred','c1','en','short');
CREATE TABLE merged (
        pack INTEGER NOT NULL REFERENCES packs (id),
        seq INTEGER NOT NULL,
        event INTEGER NOT NULL UNIQUE REFERENCES events (id),
        digest TEXT NOT NULL,
        PRIMARY KEY (pack, seq)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "merged" VALUES(1,1,8,'e096a8fd81efe80b59ce634c2549e134462ed78ab7a519be7cdd90c312e45f22');
INSERT INTO "merged" VALUES(1,2,9,'cf9ad915fb766377955107816778b3d250d87e02fec5d99ddcb16ddbae4fecde');
CREATE TABLE pack_items (
        pack INTEGER NOT NULL REFERENCES packs (id),
        number INTEGER NOT NULL,
        item TEXT NOT NULL UNIQUE,
        allocation INTEGER NOT NULL UNIQUE REFERENCES allocations (id),
        PRIMARY KEY (pack, number)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "pack_items" VALUES(1,1,'63066d5f9d074ed235404c9a9b9ff565',6);
INSERT INTO "pack_items" VALUES(1,2,'35f4bcde85ac035493d5d3f53249b741',7);
INSERT INTO "pack_items" VALUES(1,3,'4bb0e4ba8ef5d6cded817e9296017cea',8);
INSERT INTO "pack_items" VALUES(1,4,'376bb313d4a8d0f0deb02185f5b87ca9',9);
INSERT INTO "pack_items" VALUES(1,5,'f3b5b3f427911390a8c205999e14974b',10);
CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rater INTEGER NOT NULL REFERENCES raters (id),
        at TEXT NOT NULL,
        record TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT;
INSERT INTO "packs" VALUES(1,'3861535839a8a8e8f9194c754347b4c6',2,'2026-11-20T09:00:13.000Z','{"notice":"Not advice","question":"Which would you sign?","rater":"Ann","rating":"{\"criteria\":[\"accuracy\"],\"instructions\":\"Read both.\",\"practice\":[],\"reasons\":[\"too long\"]}","strengths":3,"title":"Kept, second"}','9b08923d10c67fd994b2b8fda02f34a6','23372a43cfbde8cd43933fb5f3a8599d4b4defd438dadbe29decdd9deb65ddb9','6b83a1fd9717ffb54718647f9dddca5d45fb84ed9486cb91405726c2e1fd9ff4');
CREATE TABLE plans (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        raters INTEGER NOT NULL,
        each INTEGER NOT NULL,
        seed TEXT NOT NULL,
        nonce TEXT NOT NULL,
        commitment TEXT NOT NULL
    ) STRICT;
INSERT INTO "plans" VALUES(1,'2026-11-20T09:00:06.000Z',2,1,'216363698b529b4a97b750923ceb3ffd','795b929e9a9a80fdea7b5bf55eb561a4','947f126189c457e9c23fcb794daae5801288de14d7fe3f930e8f035b9f4ba82d');
CREATE TABLE prompts (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        messages TEXT NOT NULL,
        category TEXT NOT NULL,
        split TEXT NOT NULL,
        reference TEXT NOT NULL,
        checks TEXT NOT NULL,
        messages_digest TEXT NOT NULL,
        digest TEXT NOT NULL
    , kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'gold', 'live'))) STRICT;
INSERT INTO "prompts" VALUES(1,'p0','[["system","Be brief."],["user","Question 0?"]]','heart','held_out','A reference','["names a cause"]','1c77f5ee7944d9bbf5668d42ed96675f02773ebbccd44939b64ce024abd095cc','15aabe80c982c3f574f389e918cd4a5c1858693ea561b7c09a476b621dcdde97','');
INSERT INTO "prompts" VALUES(2,'p1','[["user","Question 1?"]]','heart','held_out','A reference','["names a cause"]','775e6cfe0845bbe27fc251708956789d95c059589b9a2dae7eff906cefc3b6f4','13c29efb8be23b80bd9da31bd584502efbf34f985e30edc912b9ccb8e3c01386','');
INSERT INTO "prompts" VALUES(3,'p2','[["user","Question 2?"]]','heart','held_out','A reference','["names a cause"]','ea4cdf8f0d14b9a4581869a02c1a18f2660365edf6e2356f4cb15b8963727895','88547c152ef4cfae6a7c3017efd69346d0733a550e0ad8cd9e5bedf9e1dcb6f8','');
INSERT INTO "prompts" VALUES(4,'p3','[["user","Question 3?"]]','heart','held_out','A reference','["names a cause"]','5da1e065e63cd984e2f86b4a0e8da11bb2a30e6e678d865254143c9787d8746c','2850a9be1d266f512095e4df8c9b41150f7cb1727a7d4b2f520eb19786c44927','');
INSERT INTO "prompts" VALUES(5,'p4','[["user","Question 4?"]]','heart','held_out','A reference','["names a cause"]','4667cdba19bc8b384d6ff85ed6c2dc48fb5e83f13b204ae15980c74e715741d1','ae3c521aa44069a0e9eb3f7f04a95ee35681487d294f55010aff0aa8889c2839','');
INSERT INTO "prompts" VALUES(6,'gold-1','[["user","2 + 2?"]]','','','','[]','3199368f123ac84943ea6101cbfe6e4ecd8713c11276a25f2687831366e97fb2','4e75db8e4227f6d584615efad7c44f6004749c8e86c8e7937f4edf40fcb39914','gold');
INSERT INTO "prompts" VALUES(7,'imported-d96b4f7797ad05a3','[["user","Imported?"]]','','','','[]','d96b4f7797ad05a393b58c9bb9bf38c80a4507bbe8f38ca86db1c746e2f6141d','047755e4a1d5c3fac8d7619540c82b5c1d3a6b887502f562e91ed18ad1b1802e','');
CREATE TABLE raters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (folded, kind)
    ) STRICT;
INSERT INTO "raters" VALUES(1,'Bob','bob','human');
INSERT INTO "raters" VALUES(2,'Ann','ann','human');
INSERT INTO "raters" VALUES(3,'Zoe','zoe','human');
CREATE TABLE responses (
        id INTEGER PRIMARY KEY,
        prompt INTEGER NOT NULL REFERENCES prompts (id),
        system INTEGER NOT NULL REFERENCES systems (id),
        sample INTEGER NOT NULL,
        finish_reason TEXT NOT NULL,
        tokens INTEGER,
        run INTEGER REFERENCES runs (id),
        digest TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (prompt, system, sample)
    ) STRICT;
INSERT INTO "responses" VALUES(1,1,1,0,'end',5,1,'9d98dbd0026aecaf860a624ddb1409d2fa7b245422c7ebf952ace63a131d6c0b','plain on p0');
INSERT INTO "responses" VALUES(2,1,2,0,'end',5,1,'b660bf1c891796452dc90021116e21ccbcf807de5681567780ce952d4314a8c7','tuned on p0');
INSERT INTO "responses" VALUES(3,2,1,0,'end',5,1,'03aeffdd1c7470f015f8cb8ed940966d6521d6800faa2938828d1245a9235eae','plain on p1');
INSERT INTO "responses" VALUES(4,2,2,0,'end',5,1,'d6bd7a5a3bea4540d6dd929fc200e9d5b58ba117c8011766dfb0725f169e1a45','tuned on p1');
INSERT INTO "responses" VALUES(5,3,1,0,'end',5,1,'01d0e6a7a43d9bb030bab716b334b4972dd134df8d0240c33adec376aefae475','plain on p2');
INSERT INTO "responses" VALUES(6,3,2,0,'end',5,1,'517490aeb9f874a1e7649384d547134cc7701279479df16c25a2811e3d0ddd61','tuned on p2');
INSERT INTO "responses" VALUES(7,4,1,0,'end',5,1,'eb88253593171a1d6a128ff9900fdd4b55280cc14cb4981875979c895cd7701e','plain on p3');
INSERT INTO "responses" VALUES(8,4,2,0,'end',5,1,'d485252bb26172f7dc2cd806792132e223fbeaed2ee7e8c2d751d15680122580','tuned on p3');
INSERT INTO "responses" VALUES(9,6,3,1,'imported',NULL,NULL,'4d653ab2ae68b6d5da70cccd136ff0ead673cae7a0ed1cc9976d0abdab636d38','4');
INSERT INTO "responses" VALUES(10,6,3,2,'imported',NULL,NULL,'8eebac54c573135e4e535a238c8bc028c2302f3a9a86fd95e313aec09f352cb4','5');
INSERT INTO "responses" VALUES(11,7,4,0,'imported',NULL,NULL,'f3c01d87618975b50569f5ea9436019ca3a78ef13422c6102adb1aced4b1e8ba','one');
INSERT INTO "responses" VALUES(12,7,5,0,'imported',NULL,NULL,'40bfa0eb8ea995b3a40335bf3e3a29d9baa7cb4cf6fae9988711406680aca16a','other');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
INSERT INTO "runs" VALUES(1,'2026-11-20T09:00:04.000Z','{"device":"cpu","seed":1}');
CREATE TABLE shares (
        slot INTEGER NOT NULL,
        comparison INTEGER NOT NULL REFERENCES comparisons (id),
        plan INTEGER NOT NULL REFERENCES plans (id),
        PRIMARY KEY (slot, comparison)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "shares" VALUES(0,2,1);
INSERT INTO "shares" VALUES(0,4,1);
INSERT INTO "shares" VALUES(1,1,1);
INSERT INTO "shares" VALUES(1,3,1);
CREATE TABLE slots (
        slot INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL UNIQUE REFERENCES raters (id)
    ) STRICT;
INSERT INTO "slots" VALUES(0,1);
INSERT INTO "slots" VALUES(1,2);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "state" VALUES('last_page','rate');
CREATE TABLE study (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        strengths INTEGER NOT NULL,
        notice TEXT NOT NULL,
        secret TEXT NOT NULL,
        created_at TEXT NOT NULL,
        unblinded_at TEXT NOT NULL DEFAULT '',
        unblinding_reason TEXT NOT NULL DEFAULT ''
    , rating TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO "study" VALUES(1,'Kept, second','Which would you sign?',3,'Not advice','6513270e269e0d37f2a74de452e6b438','2026-11-20T09:00:01.000Z','2026-11-20T12:00:01.000Z','Enough seen','{"controls":0.5,"criteria":["accuracy"],"each":1,"end_guesses":1,"gold":0.5,"guess_share":0.5,"instructions":"Read both.","practice":[],"raters":2,"reasons":["too long"],"repeats":0.5}');
CREATE TABLE systems (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        model TEXT NOT NULL,
        adapter TEXT NOT NULL,
        neutral_name TEXT NOT NULL
    ) STRICT;
INSERT INTO "systems" VALUES(1,'plain','base','models/plain','','System X');
INSERT INTO "systems" VALUES(2,'tuned','adapter','models/plain','adapters/tuned','System Y');
INSERT INTO "systems" VALUES(3,'(known answers)','gold','','','');
INSERT INTO "systems" VALUES(4,'x','imported','','','System Z');
INSERT INTO "systems" VALUES(5,'y','imported','','','System W');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX prompts_by_messages ON prompts (messages_digest);
CREATE INDEX responses_by_system ON responses (system, finish_reason);
CREATE INDEX allocations_by_comparison ON allocations (rater, comparison);
CREATE INDEX allocations_open ON allocations (rater, position) WHERE standing IS NULL;
CREATE INDEX allocations_standing ON allocations (rater, standing)
        WHERE standing IS NOT NULL AND draw IS NOT NULL;
CREATE INDEX allocations_by_kind ON allocations (rater, standing_kind) WHERE draw IS NOT NULL;
CREATE INDEX allocations_by_draw ON allocations (draw, position) WHERE draw IS NOT NULL;
CREATE INDEX allocations_by_origin ON allocations (origin) WHERE origin IS NOT NULL;
CREATE UNIQUE INDEX events_retracted ON events (rater, retracts) WHERE retracts IS NOT NULL;
CREATE INDEX events_timed ON events (rater, seq) WHERE seconds IS NOT NULL;
CREATE INDEX events_by_time ON events (at) WHERE kind = 'judgment';
CREATE TRIGGER responses_no_update BEFORE UPDATE ON responses
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
CREATE TRIGGER responses_no_delete BEFORE DELETE ON responses
        BEGIN SELECT RAISE (ABORT, 'responses is only added to'); END;
CREATE TRIGGER comparisons_no_update BEFORE UPDATE ON comparisons
        BEGIN SELECT RAISE (ABORT, 'comparisons is only added to'); END;
CREATE TRIGGER comparisons_no_delete BEFORE DELETE ON comparisons
        BEGIN SELECT RAISE (ABORT, 'comparisons is only added to'); END;
CREATE TRIGGER raters_no_update BEFORE UPDATE ON raters
        BEGIN SELECT RAISE (ABORT, 'raters is only added to'); END;
CREATE TRIGGER raters_no_delete BEFORE DELETE ON raters
        BEGIN SELECT RAISE (ABORT, 'raters is only added to'); END;
CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs
        BEGIN SELECT RAISE (ABORT, 'runs is only added to'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
        BEGIN SELECT RAISE (ABORT, 'runs is only added to'); END;
CREATE TRIGGER draws_no_update BEFORE UPDATE ON draws
        BEGIN SELECT RAISE (ABORT, 'draws is only added to'); END;
CREATE TRIGGER draws_no_delete BEFORE DELETE ON draws
        BEGIN SELECT RAISE (ABORT, 'draws is only added to'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
        BEGIN SELECT RAISE (ABORT, 'events is only added to'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
        BEGIN SELECT RAISE (ABORT, 'events is only added to'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE (ABORT, 'audit is only added to'); END;
CREATE TRIGGER systems_no_update BEFORE UPDATE OF id, name, kind, model, adapter ON systems
        BEGIN SELECT RAISE (ABORT, 'systems is only added to'); END;
CREATE TRIGGER prompts_no_update BEFORE UPDATE OF id, key, messages, category, split, reference, checks, messages_digest, digest ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;
CREATE TRIGGER allocations_no_update BEFORE UPDATE OF id, rater, comparison, draw, position, a_is_left, origin ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
CREATE TRIGGER allocations_no_delete BEFORE DELETE ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
CREATE VIEW rated_here AS SELECT * FROM allocations
    WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live';
CREATE INDEX allocations_here ON allocations (rater, position)
        WHERE standing IS NULL AND pack IS NULL AND kind <> 'live';
CREATE INDEX allocations_progress ON allocations (rater, standing_kind)
        WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live';
CREATE INDEX allocations_guessed ON allocations (rater, guess) WHERE guess IS NOT NULL;
CREATE INDEX allocations_to_guess ON allocations (rater, guess_due, standing_kind, position)
        WHERE guess_due <> '' AND guess IS NULL;
CREATE INDEX allocations_at_end ON allocations (rater, standing_kind) WHERE guess_due = 'at_end';
CREATE INDEX allocations_live ON allocations (rater, standing) WHERE kind = 'live';
CREATE INDEX allocations_repeated ON allocations (repeat_of) WHERE repeat_of IS NOT NULL;
CREATE INDEX shares_by_comparison ON shares (comparison);
CREATE INDEX allocations_compared ON allocations (comparison);
CREATE TRIGGER prompts_kind_no_update BEFORE UPDATE OF kind ON prompts
        BEGIN SELECT RAISE (ABORT, 'prompts is only added to'); END;
CREATE TRIGGER allocations_plan_no_update BEFORE UPDATE OF kind, repeat_of, guess_due ON allocations
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
CREATE TRIGGER allocations_pack_no_update BEFORE UPDATE OF pack ON allocations
        WHEN OLD.pack IS NOT NULL
        BEGIN SELECT RAISE (ABORT, 'allocations is only added to'); END;
CREATE TRIGGER plans_no_update BEFORE UPDATE ON plans
        BEGIN SELECT RAISE (ABORT, 'plans is only added to'); END;
CREATE TRIGGER plans_no_delete BEFORE DELETE ON plans
        BEGIN SELECT RAISE (ABORT, 'plans is only added to'); END;
CREATE TRIGGER shares_no_update BEFORE UPDATE ON shares
        BEGIN SELECT RAISE (ABORT, 'shares is only added to'); END;
CREATE TRIGGER shares_no_delete BEFORE DELETE ON shares
        BEGIN SELECT RAISE (ABORT, 'shares is only added to'); END;
CREATE TRIGGER slots_no_update BEFORE UPDATE ON slots
        BEGIN SELECT RAISE (ABORT, 'slots is only added to'); END;
CREATE TRIGGER slots_no_delete BEFORE DELETE ON slots
        BEGIN SELECT RAISE (ABORT, 'slots is only added to'); END;
CREATE TRIGGER packs_no_update BEFORE UPDATE ON packs
        BEGIN SELECT RAISE (ABORT, 'packs is only added to'); END;
CREATE TRIGGER packs_no_delete BEFORE DELETE ON packs
        BEGIN SELECT RAISE (ABORT, 'packs is only added to'); END;
CREATE TRIGGER pack_items_no_update BEFORE UPDATE ON pack_items
        BEGIN SELECT RAISE (ABORT, 'pack_items is only added to'); END;
CREATE TRIGGER pack_items_no_delete BEFORE DELETE ON pack_items
        BEGIN SELECT RAISE (ABORT, 'pack_items is only added to'); END;
CREATE TRIGGER merged_no_update BEFORE UPDATE ON merged
        BEGIN SELECT RAISE (ABORT, 'merged is only added to'); END;
CREATE TRIGGER merged_no_delete BEFORE DELETE ON merged
        BEGIN SELECT RAISE (ABORT, 'merged is only added to'); END;
CREATE TRIGGER exclusions_no_update BEFORE UPDATE ON exclusions
        BEGIN SELECT RAISE (ABORT, 'exclusions is only added to'); END;
CREATE TRIGGER exclusions_no_delete BEFORE DELETE ON exclusions
        BEGIN SELECT RAISE (ABORT, 'exclusions is only added to'); END;
COMMIT;
